/* banned.h - functions this project does not use, made compile errors.
 *
 * Each either has no bound, keeps hidden state, or reads the environment where only
 * environment may. Included by every source file, after all other headers.
 */
#ifndef STLS_BANNED_H
#define STLS_BANNED_H

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok atoi atol gets
#pragma GCC poison getenv secure_getenv setlocale exit abort

#endif
