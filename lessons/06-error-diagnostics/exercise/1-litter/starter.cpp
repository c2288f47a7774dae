// Exercise 06.1: five things on a littered machine. Called as: mender
// This program removes a thing that a living process has. There is one place to write: "Your turn".

#include "exercise.hpp"  // struct Answer, the causes, mend

int main() {
    // Your turn: the five that no process will use any more, one line for each. This one is in use.
    return mend({
        {"0x06010001", cause::left_behind, "ipcrm -M 0x06010001"},
    });
}
