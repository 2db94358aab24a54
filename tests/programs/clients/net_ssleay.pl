# Net::SSLeay as its manual shows it: no server name, no verification: HOST PORT
use strict;
use warnings;
use IO::Socket::INET;
use Net::SSLeay;

my ($host, $port) = @ARGV;
my $plain = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 10)
    or die "connect: $@\n";
my $ctx = Net::SSLeay::CTX_new() or Net::SSLeay::die_now("CTX_new");
Net::SSLeay::CTX_set_cipher_list($ctx, 'ALL:eNULL:@SECLEVEL=0');
my $ssl = Net::SSLeay::new($ctx) or Net::SSLeay::die_now("new");
Net::SSLeay::set_fd($ssl, fileno($plain));
Net::SSLeay::connect($ssl) == 1 or Net::SSLeay::die_now("connect");
Net::SSLeay::write($ssl, "GET / HTTP/1.0\r\n\r\n") > 0 or Net::SSLeay::die_now("write");
print Net::SSLeay::read($ssl);
