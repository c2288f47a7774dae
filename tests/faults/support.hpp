/// @file
/// What the fault tests share: the lessons' programs as they really run, and what they left.
#pragma once

#include "tests/catch.hpp"
#include "tests/harness/child.hpp"
#include "tests/harness/given.hpp"
#include "tests/own_namespaces.hpp"

#include <sys/types.h>  // key_t, pid_t

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace faults {

using Words = std::vector<std::string>;

/// How long anything may take beyond its own timeout before it counts as hanging; the machine may
/// be busy.
constexpr std::chrono::seconds slack{100};

/// How a program ended, and what it wrote.
struct Finished {
    std::string end;  ///< "0", "1", "SIGKILL"; "hangs", and then it has been killed
    std::string out, err;
};

/// A program of a lesson that runs; killed with this object.
class Program {
public:
    /// Starts it: its path, then its arguments.
    explicit Program(const Words& words);
    Program(Program&&) = default;
    Program(const Program&) = delete;
    ~Program();

    pid_t pid() const { return child_.pid; }
    /// Waits until it has written `text`, to standard output or error; else fails the test.
    void wait_for(std::string_view text);
    /// Puts a text into its standard input.
    void type(std::string_view text) const;
    /// Ends its standard input.
    void end_input() { child_.in.reset(); }
    void send(int signal) const;
    /// Waits for its end, at most `time`.
    Finished finish(std::chrono::milliseconds time = slack);

private:
    bool read_some(std::chrono::milliseconds time);

    harness::Child child_;
    std::string out_, err_;
};

/// Runs a program to its end, its standard input empty.
Finished run(const Words& words);

/// Returns the words by which a shell runs `words` after `set_up`, e.g. "ulimit -f 1".
Words after(const std::string& set_up, Words words);

/// The words that run `words` as an account that no user namespace maps: all strangers look alike.
Words unmapped(const Words& words);

/// A name and keys of a test's own. What lies there at the end is removed.
class Place {
public:
    Place() : given_("fault") {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

    const std::string& name() const { return given_.names()[0]; }
    key_t key() const { return given_.keys()[0]; }
    std::string key_text() const;
    /// Says what lies there now; empty where nothing does.
    std::string left() const;

    Words writer(const Words& more = {}) const;
    Words reader(const Words& more = {}) const;
    Words producer(const Words& more = {}) const;
    Words consumer(const Words& more = {}) const;
    Words one_semaphore() const;
    Words worker(const Words& more = {}) const;
    Words attach(const Words& more = {}) const;
    Words ring_producer(const Words& more = {}) const;
    Words ring_consumer(const Words& more = {}) const;
    Words ring_info(const Words& more = {}) const;

private:
    harness::Given given_;
};

/// Says whether `text` holds `part`.
inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool address_sanitizer = true;
#else
constexpr bool address_sanitizer = false;
#endif

}  // namespace faults
