// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The version of the ring: a program that was written for another major version may not compile,
/// or may not understand what lies in the memory; lesson 05.
#pragma once

#define SHM_RING_VERSION_MAJOR 1  ///< changes with what lies in memory, and with what is called how
#define SHM_RING_VERSION_MINOR 0  ///< changes with what is new
#define SHM_RING_VERSION_PATCH 0  ///< changes with what was wrong
