#!/usr/bin/awk -f
# openssl_names.awk hooks.def openssl.def - the names of the functions we call, as text for openssl.c.
#
# Behind the first few they are sorted, so most begin like the one before: a row is a byte, and what
# differs. The byte says how many characters are the same; 64 more: the function is optional; 128
# more: we stand in for it.
BEGIN { FS = "[(),]" }
$1 == "HOOK" { is_hooked[$2] = 1 }
$1 == "REQUIRED" || $1 == "OPTIONAL" {
    same = 0
    while (same < length($2) && substr($2, 1, same + 1) == substr(last, 1, same + 1))
        same++
    printf "\"\\%03o\" \"%s\\0\"\n",
        same + ($1 == "OPTIONAL" ? 64 : 0) + ($2 in is_hooked ? 128 : 0), substr($2, same + 1)
    last = $2
    if (length($2) > 47) {
        print "openssl_names.awk: too long for openssl.c: " $2 >"/dev/stderr"
        exit 1
    }
}
