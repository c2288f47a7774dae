/// @file
/// Exercise 03.2, the other side: holds the mutex in the middle of a move, until Enter comes or
/// until it ends.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/child.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <sys/wait.h>  // waitid

#include <string>

namespace {

void lock(Ledger& ledger) {
    const int error = pthread_mutex_lock(&ledger.mutex);
    if (error != 0) throw shm::SystemError(error, "pthread_mutex_lock", "the ledger's mutex");
    ledger.holder = getpid();
}

/// Takes the mutex, and does the first half of a move.
std::uint32_t begin_move(Ledger& ledger) {
    lock(ledger);
    ledger.left -= 1;
    return ledger.left;
}

void end_move(Ledger& ledger, std::uint32_t left) {
    if (ledger.left != left || ledger.holder != getpid()) {
        throw shm::Failure("the ledger was changed while this process held the mutex");
    }
    ledger.right += 1;
    ledger.holder = 0;
    pthread_mutex_unlock(&ledger.mutex);
}

/// Begins a move in a child, which then ends. While its parent does not ask how, it is a zombie.
int die_unasked(Ledger& ledger) {
    const pid_t parent = getpid();
    const pid_t child = checked::fork();
    if (child == 0) {
        shm::end_with_parent(parent);
        shm::run_as_child([&] { begin_move(ledger); });
    }
    siginfo_t state{};
    while (waitid(P_PID, static_cast<id_t>(child), &state, WEXITED | WNOWAIT) == -1) {
        shm::check_stop();
    }
    if (state.si_code == CLD_EXITED && state.si_status != 0) return 1;  // it has said why
    shm::wait_for_enter("The holder has ended; it is a zombie. Press Enter to go on...");
    return 0;
}

int holder(const std::string& name, bool zombie, bool early) {
    Ledger* ledger = map_ledger(name.c_str(), false);
    if (ledger == nullptr) throw shm::SystemError(errno, "shm_open", name);
    if (zombie) return die_unasked(*ledger);
    if (early) {
        lock(*ledger);
        shm::wait_for_enter("In, and nothing is moved yet. Press Enter to end inside...");
        return 0;
    }
    const std::uint32_t left = begin_move(*ledger);
    shm::wait_for_enter("In. Press Enter to go out...");
    end_move(*ledger, left);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_ledger";
    bool zombie = false;
    bool early = false;
    return shm::program(
        argc, argv, "Holds the mutex in the middle of a move, until Enter comes.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.flag("--zombie", zombie, "Hold it in a child that ends; do not reap it");
            options.flag("--early", early, "Hold it before the move, and end without an unlock");
        },
        [&] { return holder(name, zombie, early); });
}
