/// @file
/// The producer's own put_message(), for lesson_02_test.cpp: ThreadSanitizer is to see what the
/// program does, not a copy of it.

#define main producer_main                                 // this program has one already
#include "lessons/02-sysv-producer-consumer/producer.cpp"  // NOLINT(bugprone-suspicious-include)
#undef main

#include "tests/unit/lesson_02_programs.hpp"

void producers_put(Slot& slot, std::uint32_t number) {
    put_message(slot, number);
}
