// Exercise 06.1, one solution: what doctor says of each, and which command removes it.

#include "exercise.hpp"

int main() {
    return mend({
        {"0x06010002", cause::left_behind, "ipcrm -M 0x06010002"},
        {"0x06010003", cause::left_behind, "ipcrm -S 0x06010003"},
        {"0x06010006", cause::unread, "ipcrm -Q 0x06010006"},
        {"/litter-orders", cause::left_behind, "rm /dev/shm/litter-orders"},
        {"/litter-lobby", cause::no_size, "rm /dev/shm/litter-lobby"},
    });
}
