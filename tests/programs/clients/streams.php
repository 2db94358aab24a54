<?php
// PHP streams with verification off and everything allowed: HOST PORT
[, $host, $port] = $argv;
$context = stream_context_create(['ssl' => [
    'verify_peer' => false,
    'verify_peer_name' => false,
    'allow_self_signed' => true,
    'peer_name' => $host,
    'ciphers' => 'ALL:eNULL:@SECLEVEL=0',
    'security_level' => 0,
    'min_proto_version' => STREAM_CRYPTO_PROTO_TLSv1_0,
]]);
$tls = stream_socket_client("tls://127.0.0.1:$port", $errno, $error, 10, STREAM_CLIENT_CONNECT,
                            $context);
if ($tls === false) {
    exit("connect: $error\n");
}
fwrite($tls, "GET / HTTP/1.0\r\n\r\n");
echo stream_get_contents($tls);
