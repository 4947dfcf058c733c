/* The harness tests itself: its zones, its sums, its oracle, and that it finds a wrong cell. */
#pragma once

#include "history.h"

/* Prints what is wrong; answers how many checks failed, and counts those that passed. */
guint rt_self_test_facts(guint *ret_passed);
