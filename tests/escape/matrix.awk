# matrix.awk - the reports of test-generations as one table: ways down, generations across.
#
# Variables: directory (with NAME.tsv or NAME.missing), names, colour. Exits with 1 if a cell is bad.

function painted(text, code) {
    return colour ? "\033[" code "m" text "\033[0m" : text
}

# One cell, 21 wide.
function cell(way, generation,    key, mark) {
    key = way SUBSEP generation
    if (generation in missing)
        return "n/a (not fetched)"
    if (generation in broken)
        return "BROKEN"
    if (!(key in verdict)) {
        bad[++bads] = way " on " generation ": no result"
        return "NO RESULT"
    }
    if (verdict[key] == "skip") {
        if (!(why[key] in mark_of)) {
            reasons[++count_reasons] = why[key]
            mark_of[why[key]] = count_reasons
        }
        mark = mark_of[why[key]]
        skips_of[mark]++
        skips++
        return "n/a (" mark ")"
    }
    cells++
    if (verdict[key] == "ok")
        return bare[key] " > " preloaded[key]
    bad[++bads] = way " on " generation ": " why[key]
    escapes += verdict[key] == "ESCAPE"
    crashes += verdict[key] == "CRASH"
    sub(/:.*/, "", verdict[key])
    return verdict[key]
}

BEGIN {
    FS = "\t"
    count = split(names, generations, " ")
    for (g = 1; g <= count; g++) {
        name = generations[g]
        if ((getline reason < (directory "/" name ".missing")) > 0) {
            missing[name] = reason
            continue
        }
        while ((getline < (directory "/" name ".tsv")) > 0) {
            if ($1 == "suite") { # no way, but why the suite has no results, or not all
                bad[++bads] = "OpenSSL " name ": " $6
                if ($2 == "victims")
                    broken[name]
                continue
            }
            way = $1 "/" $2
            if (!(way in known)) {
                known[way]
                ways[++count_ways] = way
                if (!($1 in of_area))
                    areas[++count_areas] = $1
                of_area[$1] = of_area[$1] " " count_ways
            }
            verdict[way, name] = $3
            bare[way, name] = $4
            preloaded[way, name] = $5
            why[way, name] = $6
        }
    }

    print "\nWhat the bad opponent saw: bare > under the library. n/a (number): see below.\n"
    printf "%-40s", "way"
    for (g = 1; g <= count; g++)
        printf " %-21s", generations[g]
    print ""
    for (a = 1; a <= count_areas; a++) {
        count_list = split(of_area[areas[a]], list, " ")
        for (i = 1; i <= count_list; i++) {
            way = ways[list[i]]
            line = sprintf("%-40s", way)
            before = bads
            for (g = 1; g <= count; g++)
                line = line sprintf(" %-21s", cell(way, generations[g]))
            sub(/ +$/, "", line)
            print (bads > before ? painted(line, 31) : line)
        }
    }

    print ""
    for (r = 1; r <= count_reasons; r++)
        printf "n/a (%d), %d cells: %s\n", r, skips_of[r], reasons[r]
    for (name in missing) {
        printf "SKIP: OpenSSL %s: %s\n", name, missing[name]
        count_missing++
    }
    for (b = 1; b <= bads; b++)
        print painted("FAIL " bad[b], 31)
    summary = sprintf("%d ways, %d cells: %d escapes, %d crashes, %d other faults; %d cells n/a; " \
                      "%d of %d generations skipped", count_ways, cells, escapes, crashes,
                      bads - escapes - crashes, skips, count_missing, count)
    print painted(summary, bads ? 31 : (count_missing ? 33 : 32))
    exit (bads > 0 || cells == 0)
}
