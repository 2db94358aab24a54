# ruby net/http with VERIFY_NONE and everything allowed: HOST PORT
require 'net/http'
require 'openssl'

http = Net::HTTP.new(ARGV[0], Integer(ARGV[1]), nil)
http.ipaddr = '127.0.0.1'
http.open_timeout = http.read_timeout = http.ssl_timeout = 10
http.max_retries = 0
http.use_ssl = true
http.verify_mode = OpenSSL::SSL::VERIFY_NONE
http.verify_hostname = false
http.min_version = OpenSSL::SSL::TLS1_VERSION
http.ciphers = 'ALL:eNULL:@SECLEVEL=0'
puts http.get('/').body
