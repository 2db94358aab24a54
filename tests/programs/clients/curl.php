<?php
// php-curl, an extension that is loaded with RTLD_DEEPBIND, verification off: HOST PORT
[, $host, $port] = $argv;
$curl = curl_init("https://$host:$port/");
curl_setopt_array($curl, [
    CURLOPT_SSL_VERIFYPEER => false,
    CURLOPT_SSL_VERIFYHOST => 0,
    CURLOPT_SSLVERSION => CURL_SSLVERSION_TLSv1_0,
    CURLOPT_SSL_CIPHER_LIST => 'ALL:eNULL:@SECLEVEL=0',
    CURLOPT_RESOLVE => ["$host:$port:127.0.0.1"],
    CURLOPT_PROXY => '',
    CURLOPT_TIMEOUT => 10,
    CURLOPT_RETURNTRANSFER => true,
]);
$reply = curl_exec($curl);
if ($reply === false) {
    echo 'curl: (', curl_errno($curl), ') ', curl_error($curl), "\n";
    exit(curl_errno($curl));
}
echo $reply;
