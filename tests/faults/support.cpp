#include "tests/faults/support.hpp"

#include "common/program/check.hpp"
#include "common/program/options.hpp"  // key_text
#include "common/program/stop.hpp"     // Deadline

#include <fmt/core.h>

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace faults {

namespace {

using shm::check;

Words joined(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

/// The same, and `option` with `value` unless `more` has it.
Words joined(Words words, const Words& more, const std::string& option, const std::string& value) {
    if (std::find(more.begin(), more.end(), option) == more.end()) {
        words.insert(words.end(), {option, value});
    }
    return joined(std::move(words), more);
}

/// Takes what has come; closes what has ended.
void take(shm::Descriptor& from, std::string& into) {
    std::array<char, 4096> bytes{};
    for (;;) {
        const ssize_t got = read(from.get(), bytes.data(), bytes.size());
        if (got == -1 && errno == EAGAIN) return;
        check(got, "read", "a program's output");
        if (got == 0) return from.reset();
        into.append(bytes.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

Program::Program(const Words& words)
    : child_(harness::spawn(
          {.words = words, .environment = {"SHM_WAIT_NOTICE_MS=never"}, .other_user = false})) {}

Program::~Program() {
    if (!child_.pidfd.is_open()) return;
    kill(child_.pid, SIGKILL);
    waitpid(child_.pid, nullptr, 0);
}

bool Program::read_some(std::chrono::milliseconds time) {
    // A closed pipe is -1, which poll passes over.
    std::array<pollfd, 3> sources = {pollfd{child_.pidfd.get(), POLLIN, 0},
                                     pollfd{child_.out.get(), POLLIN, 0},
                                     pollfd{child_.err.get(), POLLIN, 0}};
    check(poll(sources.data(), sources.size(), static_cast<int>(time.count())), "poll",
          "a program");
    // Its end first: whatever it wrote before is then there to be read.
    const bool ended = sources[0].revents != 0;
    if (child_.out.is_open()) take(child_.out, out_);
    if (child_.err.is_open()) take(child_.err, err_);
    return !ended;
}

void Program::wait_for(std::string_view text) {
    const auto deadline = shm::Deadline::after(2 * slack);
    while (!has(out_, text) && !has(err_, text)) {
        const bool runs = read_some(std::chrono::milliseconds(100));
        if (has(out_, text) || has(err_, text)) return;
        if (!runs || deadline.passed()) {
            FAIL("did not say '" << text << "'; output: " << out_ << "errors: " << err_);
        }
    }
}

void Program::type(std::string_view text) const {
    check(write(child_.in.get(), text.data(), text.size()), "write", "a program's input");
}

void Program::send(int signal) const {
    check(kill(child_.pid, signal), "kill", "a program");
}

Finished Program::finish(std::chrono::milliseconds time) {
    const auto deadline = shm::Deadline::after(time);
    bool hangs = false;
    while (read_some(std::chrono::milliseconds(100))) {
        if (!deadline.passed()) continue;
        hangs = true;
        send(SIGKILL);
        break;
    }
    int status = 0;
    check(waitpid(child_.pid, &status, 0), "waitpid", "a program");
    child_.pidfd.reset();
    return {hangs ? "hangs" : harness::end_text(status), out_, err_};
}

Finished run(const Words& words) {
    Program program(words);
    program.end_input();
    return program.finish();
}

Words unmapped(const Words& words) {
    return joined({"/usr/bin/env", "unshare", "--user"}, words);
}

Words after(const std::string& set_up, Words words) {
    words.insert(words.begin(), {"/bin/sh", "-c", set_up + " && exec \"$0\" \"$@\""});
    return words;
}

Place::~Place() {
    shm_unlink(name().c_str());
    for (const key_t key : given_.keys()) {
        if (const int shmid = shmget(key, 0, 0); shmid != -1) shmctl(shmid, IPC_RMID, nullptr);
        if (const int semid = semget(key, 0, 0); semid != -1) semctl(semid, 0, IPC_RMID);
    }
}

std::string Place::key_text() const {
    return shm::key_text(key());
}

std::string Place::left() const {
    std::string all;
    if (access(("/dev/shm" + name()).c_str(), F_OK) == 0) all += "object " + name() + " ";
    if (shmget(key(), 0, 0) != -1) all += "segment " + key_text() + " ";
    if (semget(key(), 0, 0) != -1) all += "semaphore set " + key_text() + " ";
    return all;
}

Words Place::writer(const Words& more) const {
    return joined({WRITER, "--name", name()}, more);
}

Words Place::reader(const Words& more) const {
    return joined({READER, "--name", name()}, more);
}

Words Place::producer(const Words& more) const {
    return joined({PRODUCER, "--key", key_text()}, more, "--interval-ms", "0");
}

Words Place::consumer(const Words& more) const {
    return joined({CONSUMER, "--key", key_text()}, more);
}

Words Place::one_semaphore() const {
    return {ONE_SEMAPHORE, "--key", key_text()};
}

Words Place::worker(const Words& more) const {
    const Words keys = {WORKER, "--shm-key", key_text(), "--sem-key", key_text()};
    const bool pauses = std::find(more.begin(), more.end(), "--pause") != more.end();
    return pauses ? joined(keys, more) : joined(keys, more, "--hold-ms", "1");
}

Words Place::attach(const Words& more) const {
    return joined({ATTACH, "--name", name()}, more);
}

Words Place::ring_producer(const Words& more) const {
    return joined({RING_PRODUCER, "--name", name()}, more);
}

Words Place::ring_consumer(const Words& more) const {
    return joined({RING_CONSUMER, "--name", name()}, more);
}

Words Place::ring_info(const Words& more) const {
    return joined({RING_INFO, "--name", name()}, more);
}

}  // namespace faults
