# IO::Socket::SSL with SSL_verify_mode off and everything allowed: HOST PORT
use strict;
use warnings;
use IO::Socket::SSL;

my ($host, $port) = @ARGV;
my $tls = IO::Socket::SSL->new(
    PeerHost        => '127.0.0.1',
    PeerPort        => $port,
    Timeout         => 10,
    SSL_hostname    => $host,
    SSL_verify_mode => SSL_VERIFY_NONE,
    SSL_version     => 'SSLv23',
    SSL_cipher_list => 'ALL:eNULL:@SECLEVEL=0',
) or die "connect: $SSL_ERROR\n";
print $tls "GET / HTTP/1.0\r\n\r\n";
print while <$tls>;
