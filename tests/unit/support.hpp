/// @file
/// What the unit tests share: a part of a test in a process of its own, keys and names of their
/// own.
#pragma once

#include "tests/catch.hpp"
#include "tests/harness/child.hpp"  // end_text

#include <sys/types.h>  // key_t, pid_t

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace unit {

/// How a forked process ended, and what it wrote.
struct Ended {
    std::string status;               ///< "0", "1", "SIGTERM"
    std::string out;                  ///< its standard output
    std::string err;                  ///< its standard error
    std::vector<std::string> writes;  ///< its standard output, write by write
};

/// A function of a test in a process of its own: for what changes the whole process (signals, its
/// output), and for what is to be killed. Ended and reaped with this object.
class Forked {
public:
    /// @param body  gives the exit status; an exception is written to standard error, and 99 given
    explicit Forked(const std::function<int()>& body);
    Forked(const Forked&) = delete;
    Forked& operator=(const Forked&) = delete;
    ~Forked();

    pid_t pid() const { return pid_; }
    /// Puts `text` into its standard input.
    void type(std::string_view text);
    /// Ends its standard input.
    void end_input() { in_.reset(); }
    /// Waits until it has written `text` to standard output; fails the test if it ends without.
    void wait_for(std::string_view text);
    void send(int signal) const;
    /// Waits for its end.
    Ended wait();

private:
    bool read_some();

    pid_t pid_ = -1;
    shm::Descriptor in_, out_, err_;
    Ended ended_;
};

/// Runs `body` in a process of its own, to its end, its standard input empty.
Ended in_child(const std::function<int()>& body);

/// Returns what a shell prints to standard output for a script; fails the test if that says no.
/// @param shell  "sh", "bash"
std::string printed(const char* shell, const std::string& script);

/// A key under which nothing lies. What lies there at the end is removed.
class FreshKey {
public:
    FreshKey();
    FreshKey(const FreshKey&) = delete;
    FreshKey& operator=(const FreshKey&) = delete;
    ~FreshKey();
    key_t value() const { return key_; }
    bool has_segment() const;
    bool has_semaphores() const;

private:
    key_t key_;
};

/// The name of no object. An object that bears it at the end is unlinked.
class FreshName {
public:
    FreshName();
    FreshName(const FreshName&) = delete;
    FreshName& operator=(const FreshName&) = delete;
    ~FreshName();
    const std::string& value() const { return name_; }
    bool exists() const;

private:
    std::string name_;
};

/// Maps `size` bytes of zeros that a forked process shares.
void* map_shared(std::size_t size);
void unmap_shared(void* memory, std::size_t size);

/// One T in memory that a forked process shares, all zeros at first.
template <typename T>
class Shared {
public:
    Shared() : memory_(map_shared(sizeof(T))) {}
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { unmap_shared(memory_, sizeof(T)); }
    T& operator*() const { return *static_cast<T*>(memory_); }
    T* operator->() const { return static_cast<T*>(memory_); }

private:
    void* memory_;
};

/// Says whether `text` holds `part`.
inline bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// Returns what() of the exception of type `Error` that `call` throws; fails the test if none
/// comes.
template <typename Error, typename Call>
std::string message_of(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    FAIL("nothing was thrown");
    return {};
}

}  // namespace unit
