/* seldom.h - where the variables lie that are large and hardly ever written to.
 *
 * Behind all others, which so have room in one page with what the loader writes to: a page of their
 * own would cost each process that starts a page fault.
 */
#ifndef STLS_SELDOM_H
#define STLS_SELDOM_H

#define STLS_SELDOM_WRITTEN __attribute__((section(".bss.seldom_written")))

#endif
