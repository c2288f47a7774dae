/// @file
/// A report for programs; doctor.schema.json, in the lesson's folder, says what is in it.
#pragma once

#include "look.hpp"

namespace doctor {

/// Returns the report as one JSON document of the schema "doctor/1", in ASCII.
std::string json(const Report& report);

}  // namespace doctor
