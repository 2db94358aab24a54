/* pins.h - PinSHA256: is a certificate's key one of those that a policy knows?
 *
 * Source: RFC 7469, section 2.4: SHA-256 of the DER of SubjectPublicKeyInfo.
 */
#ifndef STLS_PINS_H
#define STLS_PINS_H

#include "openssl.h"

#include "../core/policy.h"

/* False for no certificate. */
bool stls_pins_match(const struct stls_openssl *openssl, const struct stls_pins *pins,
                     const X509 *certificate);

#endif
