/// @file
/// On what it is measured, and on which two CPUs. Used by lessons 04, 05 and 07.
#pragma once

#include "pair.hpp"

#include <string>
#include <vector>

namespace measure {

/// What makes two runs comparable, or not.
struct Machine {
    std::string date;           ///< of the run, in UTC: "2026-11-24"
    std::string processor;      ///< as /proc/cpuinfo names it
    std::string kernel;         ///< "Linux 6.1.0-28-amd64"
    std::string compiler;       ///< "g++ 12.2.0"
    std::string flags;          ///< what this program was compiled with
    bool is_virtual = false;    ///< runs below a hypervisor, which can take a CPU away at any time
    std::string governor;       ///< who sets the clock's frequency: "performance"; or "unknown"
    std::size_t cpu_count = 0;  ///< how many CPUs this process may use
    double load = 0;            ///< how many others wanted to run in the last minute
    Cpus cpus;                  ///< where the two sides are to run
    std::vector<std::string> warnings;  ///< why the figures are not what they could be
};

/// Looks at this machine, and chooses two CPUs that this process may use: of different cores, where
/// there are such.
/// @param same_core  choose one CPU for both sides
Machine look_at_machine(bool same_core);

/// Returns the processor as /proc/cpuinfo names it, or "unknown processor".
std::string processor_name();

/// Returns the kernel's name and release (man 2 uname): "Linux 6.1.0-28-amd64".
std::string kernel_name();

/// Says on what is measured; what spoils the figures goes to standard error.
void say_machine(const Machine& machine);

}  // namespace measure
