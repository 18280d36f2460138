/* SPDX-License-Identifier: MIT */
/* tree.h - a trace as a tree that can be read: the question, what it made fire, what that reached.
 */
#ifndef MN_APP_CLI_TREE_H
#define MN_APP_CLI_TREE_H

#include "printer.h"

/* At most `branches` synapses of each neuron, those that gave most; a neuron's own branches are
 * shown where it is reached first. MN_ENOMEM. */
int mn_tree_print(mn_printer *, mn_call *, const mn_trace *, size_t branches);

#endif
