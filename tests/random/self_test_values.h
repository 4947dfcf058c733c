/* Tables of facts about values, sums and averages as servers have them. */
#pragma once

#include <glib.h>

/* Prints what is wrong; answers how many checks failed, and counts those that passed. */
guint rt_self_test_values(guint *ret_passed);
