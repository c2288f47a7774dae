/// @file
/// Exercise 03.1: what the semaphores of the set mean.
#pragma once

#include <sys/ipc.h>
#include <sys/sem.h>

constexpr unsigned short section = 0;      // 1: the section is free, 0: a process is in it
constexpr unsigned short initialised = 1;  // 0: a new set, 1: the section's semaphore has its value
constexpr int semaphores = 2;

// A new set has both at 0 (man 2 semget says that this is not sure elsewhere; Linux does it).
