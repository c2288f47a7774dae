/// @file
/// The options of a lesson's program, all in one manner. Serves every lesson's program.
#pragma once

#include <sys/types.h>  // key_t

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace shm {

/// What a program can be asked for on its command line. Each option is bound to a variable of the
/// caller's, whose value at that time is the default and is shown by `--help`. Where no value is
/// the default, `standard` says in a word or two what happens then: "all", "no file".
class Options {
public:
    /// @param description  what the program does, for `--help`; a sentence or two
    explicit Options(const std::string& description);
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;
    ~Options();

    /// A POSIX object's name; require_object_name() has the rule.
    void object_name(const std::string& flag, std::string& value, const std::string& help);
    /// A size in bytes, at least 1: `4096`, `64K`, `1M`, `2G` (powers of 1024).
    void size(const std::string& flag, std::size_t& value, const std::string& help);
    /// A System V key: `12345` or `0x3039`; not 0, which is IPC_PRIVATE (man 2 shmget).
    void key(const std::string& flag, key_t& value, const std::string& help);
    /// The same, where there is no default.
    void key(const std::string& flag, std::optional<key_t>& value, const std::string& standard,
             const std::string& help);
    /// A whole number from `least` to `most`.
    void number(const std::string& flag, std::uint64_t& value, std::uint64_t least,
                std::uint64_t most, const std::string& help);
    /// The same, where there is no default.
    void number(const std::string& flag, std::optional<std::uint64_t>& value, std::uint64_t least,
                std::uint64_t most, const std::string& standard, const std::string& help);
    /// A time in milliseconds, 0 to 86,400,000 (a day).
    void milliseconds(const std::string& flag, std::chrono::milliseconds& value,
                      const std::string& help);
    /// One of several words.
    void choice(const std::string& flag, std::string& value, const std::vector<std::string>& words,
                const std::string& help);
    /// A flag without a value: sets `value` to true if it is given.
    void flag(const std::string& flag, bool& value, const std::string& help);
    /// Any text, byte by byte as it came. `value` stays empty if it is not given; typed empty, it
    /// is an error.
    /// @param kind  what `--help` calls the value, e.g. "FILE"
    void text(const std::string& flag, std::string& value, const std::string& kind,
              const std::string& standard, const std::string& help);
    /// A word without a flag that must be there.
    void positional(const std::string& name, std::string& value, const std::string& help);
    /// Any number of words without a flag, none too.
    void positionals(const std::string& name, std::vector<std::string>& values,
                     const std::string& standard, const std::string& help);

    /// Reads the command line into the bound variables.
    ///
    /// @returns false if help was asked for and has been printed: there is nothing more to do
    /// @throws UsageError if the command line makes no sense
    bool parse(int argc, char** argv);

private:
    struct App;  // CLI11 stays out of this header: it costs seconds in each file that includes it
    std::unique_ptr<App> app_;
};

/// Returns the bytes that `text` stands for: `4096`, `64K`, `1M`, `2G`.
/// @throws UsageError if it is no such size, is 0, or is too large for this machine's addresses
std::size_t parse_size(const std::string& text);

/// Returns the System V key that `text` stands for: `12345` or `0x3039`, 1 to 0xffffffff.
/// @throws UsageError if it is no such key
key_t parse_key(const std::string& text);

/// Returns `key` as programs and `ipcs` show it: `0x00003039`.
std::string key_text(key_t key);

}  // namespace shm
