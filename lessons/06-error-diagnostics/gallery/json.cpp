#include "print.hpp"

#include <fmt/format.h>

#include <string_view>

namespace {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') out += '\\';
        if (static_cast<unsigned char>(letter) < 0x20) {
            out += fmt::format("\\u{:04x}", letter);
        } else {
            out += letter;
        }
    }
    return out + "\"";
}

}  // namespace

// {"schema": "gallery/1", "rows": [{
//   "section": "Semaphores",         // rows of a section stand together
//   "id":      "semop-outside",      // stays the same from version to version
//   "fault":   "a semaphore that …", // what is done wrong
//   "call":    "semop",
//   "expected": "EFBIG",             // an errno, a signal, or "success": the fault is silent
//   "seen":    "EFBIG",              // null where it could not be provoked
//   "message": "semop set 3: …",     // our library's, or what was seen; null likewise
//   "not_here": null,                // or why this machine does not allow it
//   "as_expected": true,
//   "cause":   "…", "cure": "…" }]}
std::string json_text(const std::vector<Shown>& all) {
    std::string text = "{\"schema\": \"gallery/1\", \"rows\": [";
    const char* comma = "\n";
    for (const Shown& shown : all) {
        const Row& row = *shown.row;
        const bool here = shown.outcome.not_here.empty();
        text += fmt::format(
            "{}{{\"section\": {}, \"id\": {}, \"fault\": {}, \"call\": {}, \"expected\": {}, "
            "\"seen\": {}, \"message\": {}, \"not_here\": {}, \"as_expected\": {}, \"cause\": {}, "
            "\"cure\": {}}}",
            comma, quoted(shown.section->title), quoted(row.id), quoted(row.fault),
            quoted(row.call), quoted(row.expected), here ? quoted(shown.outcome.seen) : "null",
            here ? quoted(shown.outcome.message) : "null",
            here ? "null" : quoted(shown.outcome.not_here), shown.is_as_expected(),
            quoted(row.cause), quoted(row.cure));
        comma = ",\n";
    }
    return text + "\n]}";
}
