/// @file
/// Texts as JSON has them (RFC 8259, section 7). Serves the programs that write a report.
#pragma once

#include <string>
#include <string_view>

namespace shm {

/// Returns `text`, which is UTF-8, as a JSON string: in quotation marks, and with what may not
/// stand between them escaped.
std::string json_quoted(std::string_view text);

}  // namespace shm
