#include "print.hpp"

#include "common/program/json.hpp"

#include <fmt/format.h>

using shm::json_quoted;

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
            comma, json_quoted(shown.section->title), json_quoted(row.id), json_quoted(row.fault),
            json_quoted(row.call), json_quoted(row.expected),
            here ? json_quoted(shown.outcome.seen) : "null",
            here ? json_quoted(shown.outcome.message) : "null",
            here ? "null" : json_quoted(shown.outcome.not_here), shown.is_as_expected(),
            json_quoted(row.cause), json_quoted(row.cure));
        comma = ",\n";
    }
    return text + "\n]}";
}
