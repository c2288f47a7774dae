// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The version of the ring, for the preprocessor; lesson 05.
#pragma once

#define SHM_RING_VERSION_MAJOR 1  ///< changes when the layout in memory changes, or a name
#define SHM_RING_VERSION_MINOR 0  ///< changes when something is added
#define SHM_RING_VERSION_PATCH 0  ///< changes when something is mended
