/// @file
/// Two sides that run at the same time, a CPU each. Used by lessons 05 and 07.
#pragma once

#include "common/program/error.hpp"

#include <functional>

namespace measure {

/// The CPUs on which the two sides run; the same one twice where they share it.
struct Cpus {
    int producer = 0;  ///< where the side that sends (first) runs
    int consumer = 0;  ///< where the other one does

    /// Says whether both sides run on one.
    bool are_one() const { return producer == consumer; }
};

/// Whom a ring connects.
enum class Between { processes, threads };

/// A side was killed; not by us.
class KilledSide : public shm::Failure {
public:
    using shm::Failure::Failure;
};

/// Runs both sides, in a new process each, or in two threads of one new process, and waits until
/// both have ended. Whichever way this ends, they have, too.
/// @param producer  runs on cpus.producer
/// @param consumer  runs on cpus.consumer
/// @throws KilledSide if a side was killed
/// @throws Failure if a side fails, or has not ended after five minutes
/// @throws Stopped if a stop signal came
void run_pair(const Cpus& cpus, Between between, const std::function<void()>& producer,
              const std::function<void()>& consumer);

}  // namespace measure
