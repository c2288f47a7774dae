/// @file
/// The consumer's own take_message(), for lesson_02_test.cpp: ThreadSanitizer is to see what the
/// program does, not a copy of it.

#define main consumer_main                                 // this program has one already
#include "lessons/02-sysv-producer-consumer/consumer.cpp"  // NOLINT(bugprone-suspicious-include)
#undef main

#include "tests/unit/lesson_02_programs.hpp"

void consumers_take(Slot& slot, std::uint32_t number) {
    take_message(slot, number);
}
