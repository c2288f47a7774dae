/// @file
/// Lesson 04, page_cost: advice to madvise() that Debian 12's header files do not know yet.
#pragma once

#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1
#endif
