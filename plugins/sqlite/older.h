/* SPDX-License-Identifier: MIT */
/* older.h - rows as older versions had them become what they are now. */
#ifndef MN_SQLITE_OLDER_H
#define MN_SQLITE_OLDER_H

struct conn;

/* Tables `synapse` and `fiber` of versions up to 4 become bundles. In the step's transaction;
 * whatever their number, only a bundle of them is in memory. */
int older_bundle(struct conn *);

#endif
