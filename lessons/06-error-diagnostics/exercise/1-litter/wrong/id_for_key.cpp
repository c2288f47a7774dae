// A wrong answer: it gives a key where ipcrm takes an id.
// scene: five of ten
// says: capital letter

#include "exercise.hpp"

int main() {
    return mend({
        {"0x06010002", cause::left_behind, "ipcrm -m 0x06010002"},
        {"0x06010003", cause::left_behind, "ipcrm -S 0x06010003"},
        {"0x06010006", cause::unread, "ipcrm -Q 0x06010006"},
        {"/litter-orders", cause::left_behind, "rm /dev/shm/litter-orders"},
        {"/litter-lobby", cause::no_size, "rm /dev/shm/litter-lobby"},
    });
}
