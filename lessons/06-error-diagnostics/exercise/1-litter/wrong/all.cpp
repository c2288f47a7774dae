// A wrong answer: it removes all that is there.
// scene: five of ten
// says: A living process has

#include "exercise.hpp"

int main() {
    return mend({
        {"0x06010002", cause::left_behind, "ipcrm -M 0x06010002"},
        {"0x06010003", cause::left_behind, "ipcrm -S 0x06010003"},
        {"0x06010006", cause::unread, "ipcrm -Q 0x06010006"},
        {"/litter-orders", cause::left_behind, "rm /dev/shm/litter-orders"},
        {"/litter-lobby", cause::no_size, "rm /dev/shm/litter-lobby"},
        {"0x06010001", cause::left_behind, "ipcrm -M 0x06010001"},
        {"0x06010004", cause::left_behind, "ipcrm -S 0x06010004"},
        {"0x06010005", cause::unread, "ipcrm -Q 0x06010005"},
        {"/litter-prices", cause::left_behind, "rm /dev/shm/litter-prices"},
    });
}
