/// @file
/// Runs a scene: real processes, in namespaces of their own where that is asked for and allowed.
#pragma once

#include "tests/harness/scene.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace harness {

/// One process as it runs; `index` is its lane: instances in the order of the file.
struct Lane {
    int index = 0;
    std::string name;     ///< "producer", or "worker 2" where there are several
    std::string command;  ///< what a reader would type, placeholders filled in
    pid_t pid = 0;        ///< 0 before it starts
    bool table = false;   ///< prints columns
};

enum class Stream { out, err };

/// Is told what happens, as it happens, on the thread that called run_scene(). The tour draws it.
class Observer {
public:
    using Time = std::chrono::milliseconds;  ///< since the scene began
    virtual ~Observer() = default;
    virtual void begins(const Scene&, const std::vector<Lane>&) {}
    virtual void starts(const Lane&, Time) {}
    virtual void prints(const Lane&, Time, Stream, const std::string& /*line*/) {}
    virtual void is_given(const Lane&, Time, const std::string& /*input, e.g. "Enter"*/) {}
    virtual void is_killed(const Lane&, Time,
                           const std::string& /*how, e.g. "SIGKILL before ftruncate"*/) {}
    virtual void ends(const Lane&, Time, const std::string& /*"0", "1", "SIGSEGV"*/) {}
};

/// Something that was there after a scene and not before it.
struct Leftover {
    std::string kind;  ///< "segment", "semaphore" (System V set), "queue", "object" (POSIX shared
                       ///< memory, or a named semaphore's file), "process"
    std::string what;  ///< "segment 7, key 0x5a01, 4096 bytes"
};

struct Result {
    enum class Verdict { passed, failed, skipped };
    Verdict verdict = Verdict::failed;
    std::string report;              ///< for a person: why it failed, or was skipped; else empty
    std::vector<std::string> wrong;  ///< why it failed, each as a paragraph
    std::vector<Leftover> left;      ///< what was left behind, also what was meant to be
    std::chrono::milliseconds took{};
};

struct Settings {
    std::filesystem::path programs;  ///< build/lessons/02-sysv-producer-consumer
    bool isolate = true;             ///< namespaces of its own, if they can be had; false (the
                          ///< tour): the caller's own, except for a scene that needs them
    std::filesystem::path
        record;  ///< where the transcript is written for the pages; empty: nowhere
};

/// Plays one scene and says how it went. Whatever happens, no process of the scene outlives the
/// call, and what the scene made is removed.
///
/// @throws shm::Stopped, all cleaned up, if a stop signal came (shm::catch_stop_signals() called
///         before); whatever `observer` throws, likewise
Result run_scene(const Lesson& lesson, const Scene& scene, const Settings& settings,
                 Observer& observer);

}  // namespace harness
