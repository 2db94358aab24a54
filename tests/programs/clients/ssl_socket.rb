# ruby's bare SSLSocket: no server name, no verification: HOST PORT
require 'openssl'
require 'socket'

context = OpenSSL::SSL::SSLContext.new
context.min_version = OpenSSL::SSL::TLS1_VERSION
context.ciphers = 'ALL:eNULL:@SECLEVEL=0'
tls = OpenSSL::SSL::SSLSocket.new(TCPSocket.new(ARGV[0], Integer(ARGV[1])), context)
tls.connect
tls.write("GET / HTTP/1.0\r\n\r\n")
puts tls.read
