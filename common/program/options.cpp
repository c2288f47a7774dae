#include "common/program/options.hpp"

#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/help.hpp"
#include "common/program/name.hpp"

#include <fmt/format.h>  // join
#include <CLI/CLI.hpp>

#include <sys/types.h>  // off_t

#include <algorithm>
#include <charconv>
#include <limits>

namespace shm {

namespace {

/// Reads all of `text` as a number, or says that it is none.
bool read_whole(std::string_view text, int base, std::uint64_t& value) {
    const char* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value, base);
    return result.ec == std::errc{} && result.ptr == end && !text.empty();
}

std::uint64_t parse_number(const std::string& text, std::uint64_t least, std::uint64_t most) {
    std::uint64_t number = 0;
    if (!read_whole(text, 10, number) || number < least || number > most) {
        throw UsageError(fmt::format("'{}' is no whole number from {} to {}", text, least, most));
    }
    return number;
}

std::string size_text(std::size_t size) {
    constexpr std::pair<std::size_t, char> units[] = {
        {1U << 30U, 'G'}, {1U << 20U, 'M'}, {1U << 10U, 'K'}};
    for (const auto& [unit, letter] : units) {
        if (size >= unit && size % unit == 0) return fmt::format("{}{}", size / unit, letter);
    }
    return fmt::format("{}", size);
}

// A size must fit size_t, and off_t, which is signed; with a page, be it huge, to round up to.
// Either may have 32 bits.
constexpr std::uint64_t most_bytes =
    std::min<std::uint64_t>(std::numeric_limits<std::size_t>::max(),
                            std::numeric_limits<off_t>::max()) -
    (std::uint64_t{1} << 21U);

}  // namespace

std::size_t parse_size(const std::string& text) {
    std::string_view digits = text;
    unsigned shift = 0;
    if (!digits.empty()) {
        switch (digits.back()) {
            case 'K':
                shift = 10;
                break;
            case 'M':
                shift = 20;
                break;
            case 'G':
                shift = 30;
                break;
            default:
                break;
        }
        if (shift != 0) digits.remove_suffix(1);
    }
    std::uint64_t number = 0;
    if (!read_whole(digits, 10, number)) {
        throw UsageError(
            fmt::format("'{}' is no size: give bytes, or a number with K, M or G (64K)", text));
    }
    if (number == 0) throw UsageError("a size of 0 cannot be mapped: give at least 1 byte");
    if (number > (most_bytes >> shift)) {
        throw UsageError(
            fmt::format("'{}' is more than {} can address", text,
                        sizeof(std::size_t) > 4 ? "any machine" : "a program of 32 bits"));
    }
    return static_cast<std::size_t>(number << shift);
}

key_t parse_key(const std::string& text) {
    std::uint64_t number = 0;
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = std::string_view(text).substr(hex ? 2 : 0);
    if (!read_whole(digits, hex ? 16 : 10, number) || number > 0xffffffffU) {
        throw UsageError(
            fmt::format("'{}' is no key: give 12345 or 0x3039, at most 32 bits", text));
    }
    if (number == 0) {
        throw UsageError(
            "the key 0 is IPC_PRIVATE, which no second process can find: give another");
    }
    return static_cast<key_t>(static_cast<std::uint32_t>(number));
}

std::string key_text(key_t key) {
    return fmt::format("0x{:08x}", static_cast<std::uint32_t>(key));
}

struct Options::App {
    explicit App(const std::string& description) : cli(description) {}

    /// An option whose text `parse` turns into the bound value; parse throws UsageError.
    template <typename Parse>
    void add(const std::string& flag, const std::string& kind, const std::string& standard,
             const std::string& help, Parse parse) {
        CLI::Option* option = cli.add_option_function<std::string>(
            flag,
            [parse, flag](const std::string& text) {
                try {
                    parse(text);
                } catch (const UsageError& error) {
                    throw UsageError(flag + ": " + error.what());
                }
            },
            help);
        option->type_name(kind);
        option->default_str(standard);
    }

    /// Options with a value take one: so an argument that is missing is an option's value.
    std::string without_value(const CLI::ArgumentMismatch& error) const {
        const std::string flag =
            std::string(error.what()).substr(0, std::string(error.what()).find(':'));
        const CLI::Option* option = cli.get_option_no_throw(flag);
        if (option == nullptr) return error.what();
        return fmt::format("{0}: its value is missing: give {0} {1}", flag,
                           option->get_type_name());
    }

    CLI::App cli;
};

Options::Options(const std::string& description) : app_(std::make_unique<App>(description)) {
    app_->cli.set_help_flag("-h,--help", "Print this and end");
}

Options::~Options() = default;

void Options::object_name(const std::string& flag, std::string& value, const std::string& help) {
    app_->add(flag, "/NAME", value, help, [&value](const std::string& text) {
        require_object_name(text);
        value = text;
    });
}

void Options::size(const std::string& flag, std::size_t& value, const std::string& help) {
    app_->add(flag, "SIZE", size_text(value), help,
              [&value](const std::string& text) { value = parse_size(text); });
}

void Options::key(const std::string& flag, key_t& value, const std::string& help) {
    app_->add(flag, "KEY", fmt::format("{}", value), help,
              [&value](const std::string& text) { value = parse_key(text); });
}

void Options::key(const std::string& flag, std::optional<key_t>& value, const std::string& standard,
                  const std::string& help) {
    app_->add(flag, "KEY", standard, help,
              [&value](const std::string& text) { value = parse_key(text); });
}

void Options::number(const std::string& flag, std::uint64_t& value, std::uint64_t least,
                     std::uint64_t most, const std::string& help) {
    app_->add(flag, "N", fmt::format("{}", value), help,
              [&value, least, most](const std::string& text) {
                  value = parse_number(text, least, most);
              });
}

void Options::number(const std::string& flag, std::optional<std::uint64_t>& value,
                     std::uint64_t least, std::uint64_t most, const std::string& standard,
                     const std::string& help) {
    app_->add(flag, "N", standard, help, [&value, least, most](const std::string& text) {
        value = parse_number(text, least, most);
    });
}

void Options::milliseconds(const std::string& flag, std::chrono::milliseconds& value,
                           const std::string& help) {
    app_->add(
        flag, "MS", fmt::format("{}", value.count()), help, [&value](const std::string& text) {
            std::uint64_t number = 0;
            if (!read_whole(text, 10, number) || number > 86'400'000) {
                throw UsageError(
                    fmt::format("'{}' is no time in whole milliseconds from 0 to 86400000", text));
            }
            value = std::chrono::milliseconds(number);
        });
}

void Options::choice(const std::string& flag, std::string& value,
                     const std::vector<std::string>& words, const std::string& help) {
    app_->add(
        flag, fmt::format("{}", fmt::join(words, "|")), value, help,
        [&value, words](const std::string& text) {
            for (const std::string& word : words) {
                if (word == text) {
                    value = text;
                    return;
                }
            }
            throw UsageError(fmt::format("'{}' is none of: {}", text, fmt::join(words, ", ")));
        });
}

void Options::flag(const std::string& flag, bool& value, const std::string& help) {
    app_->cli.add_flag(flag, value, help);
}

void Options::text(const std::string& flag, std::string& value, const std::string& kind,
                   const std::string& standard, const std::string& help) {
    app_->add(flag, kind, standard, help, [&value](const std::string& text) {
        if (text.empty()) throw UsageError("is empty");
        value = text;
    });
}

void Options::positional(const std::string& name, std::string& value, const std::string& help) {
    app_->cli.add_option(name, value, help)->required();
}

void Options::positionals(const std::string& name, std::vector<std::string>& values,
                          const std::string& standard, const std::string& help) {
    app_->cli.add_option(name, values, help)->default_str(standard);
}

bool Options::parse(int argc, char** argv) {
    app_->cli.name(program_name());
    try {
        app_->cli.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        say_line(folded_help(app_->cli.help(), app_->cli.get_formatter()->get_column_width()));
        return false;
    } catch (const CLI::ArgumentMismatch& error) {
        throw UsageError(app_->without_value(error));
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what());
    }
    return true;
}

}  // namespace shm
