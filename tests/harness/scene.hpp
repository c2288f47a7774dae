/// @file
/// A lesson's scenes as `lesson.toml` gives them. Read once; nothing here runs anything.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace harness {

/// Something that a scene waits for before it goes on.
struct Condition {
    enum class Kind {
        prints,    ///< a line of standard output contains `text` (a pattern, see Process::prints)
        notes,     ///< the same of standard error
        ends,      ///< the process has ended
        waits_in,  ///< the process sleeps in the system call `text` (from /proc/PID/syscall)
        held,      ///< it has been held `times` times, or more (Process::holds)
        idles,     ///< it has ended, or does nothing but wait since anything last happened
        any,       ///< one of `any` holds, or more
    };
    std::string process;  ///< a process's name, or "" for the very instance that asks
    Kind kind = Kind::prints;
    std::string text;
    int times = 0;
    int instances = 0;  ///< how many of its instances it takes; 0: all
    std::vector<Condition> any = {};
};

/// What a process is given on standard input, once all of `when` holds.
struct Input {
    std::vector<Condition> when;
    std::string text;  ///< written as it stands; "" closes standard input. "\u0013" and "\u0011",
                       ///< which are Ctrl-S and Ctrl-Q, stop the output of a learner's program.
};

/// Some bytes of an object, and what a process does with them.
struct Access {
    std::string object;     ///< its name
    std::size_t at = 0;     ///< the first of them, from the object's begin
    std::size_t count = 0;  ///< 1, 2, 4 or 8, and `at` a multiple of it
    bool writes = false;    ///< it writes them; else it reads or writes them
};

/// A system call before which a process sleeps, an access behind which it stops, or a sleep in
/// which it does, until the scene lets it go.
struct Hold {
    std::vector<std::string> before;  ///< some of known_calls(); or else
    std::optional<Access> after;      ///< stopped as soon as it has touched one of these bytes; or
    bool asleep = false;              ///< stopped while it sleeps, in whatever call
    int call = 1;                     ///< which of these calls, since its last hold
    std::vector<Condition> when;      ///< only what it does while all hold counts
    std::vector<Condition> until;
    bool optional = false;  ///< a process may end without it: a right answer may lack the call
};

/// How a process is ended by the scene.
struct Kill {
    std::vector<Condition> when;  ///< ended by `signal` once all hold; and, where `before` is set,
    std::string before;           ///< a system call: SIGKILL in place of its `call`th
    int call = 1;
    std::string path;  ///< only calls on this path count (strace -P); "" all
    int signal = 9;
};

/// One process of a scene, or `count` that are alike.
struct Process {
    std::string name;                      ///< unique in the scene; its role unless named
    std::string role;                      ///< what the grader may put another program in for
    std::string run;                       ///< program and arguments, as a reader would type
    std::vector<std::string> environment;  ///< NAME=value, added
    int count = 1;
    std::vector<Condition> when;  ///< start once all hold; empty: at once
    std::vector<Input> input;     ///< in order
    std::vector<Hold> holds;      ///< in order
    std::optional<Kill> kill;
    std::optional<std::string> prints;  ///< expected standard output; nothing: not looked at
    std::optional<std::string> errors;  ///< expected standard error; nothing: must be empty
    int exit = 0;                       ///< expected exit status, or
    int signal = 0;                     ///< the signal that must end it, if not 0
    bool other_user = false;            ///< runs as another, unprivileged user
    bool table = false;                 ///< prints columns: the tour shows its lines unbroken
    int most_calls = 0;   ///< so many system calls, from the first on its object on; 0: any number
    bool graded = false;  ///< a learner's program: see graded_scene()
    std::size_t own = 0;  ///< so much of `run` are the learner's words, in which no word is given
    std::string calls;    ///< of a learner's program: the file in which strace notes its calls
    bool may_end_anyhow = false;  ///< it is killed at any moment: see killed_before()
    int line = 0;                 ///< where it stands in the file
};

/// A way in which a learner's program can fail, known by what is seen then.
struct Mistake {
    std::vector<std::string> signs;  ///< patterns; each is found in what went wrong or was printed
    std::string say;                 ///< why it fails, and what to think about
};

struct Scene {
    std::string name;
    std::string say;                 ///< what is about to happen
    std::string why;                 ///< afterwards: what was to be seen and what it means
    std::string read;                ///< the heading of lesson.md to read on at
    std::string read_deeper;         ///< of deeper.md, in place of that
    bool broken = false;             ///< shows the obvious wrong way failing
    bool tour = true;                ///< false: a test only
    std::vector<std::string> needs;  ///< "namespaces", "root", "strace", ...
    std::string shm_size;            ///< "64K": how large its own /dev/shm is; implies "namespaces"
    std::vector<std::string> leaves;            ///< kinds that must be left: see Leftover::kind
    std::chrono::milliseconds timeout{120000};  ///< ends what hangs; a busy machine is slow
    std::vector<std::string> same, different, one_to_n, exactly_one;
    std::vector<Process> processes;
    bool grade = false;             ///< of a lesson: a learner's program may play a role in it
    std::string asks;               ///< of an exercise: what the learner's program must do here
    std::vector<Mistake> mistakes;  ///< of an exercise; the first whose signs are seen explains
    bool ends_at_rest = false;      ///< of an exercise: it ends once nothing in it can go on
    int line = 0;
};

struct Lesson {
    std::filesystem::path source;  ///< lessons/02-sysv-producer-consumer
    std::string number;            ///< "02"
    std::string title;             ///< "System V producer and consumer"
    std::string goal;
    std::vector<Scene> scenes;
};

/// A lesson.toml that makes no sense. what() is "FILE:LINE: what was found; what was expected".
class SceneError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads `directory`/lesson.toml.
/// @throws SceneError "FILE:LINE: what was found; what was expected"
Lesson load_lesson(const std::filesystem::path& directory);

/// A task for a learner: scenes in which the learner's program plays one of the roles.
struct Exercise {
    Lesson scenes;             ///< its number is the exercise's: "02.1"
    std::string role;          ///< the learner's part, and the name of the learner's program
    std::vector<Scene> kills;  ///< [[kill]]: in these it is killed before each of its calls
};

/// Reads `directory`/exercise.toml, of lessons/02-name/exercise/1-name.
/// @throws SceneError "FILE:LINE: what was found; what was expected"
Exercise load_exercise(const std::filesystem::path& directory);

/// Reads the scenes of a lesson that say `grade = true` and have that role, as an exercise. Where
/// they wait for what our program says on standard error, or for a call that it sleeps in, they
/// wait until the learner's does nothing but wait.
/// @throws shm::UsageError if there is no such scene
Exercise load_graded_lesson(const std::filesystem::path& directory, const std::string& role);

/// Returns the scene with `command` in place of the program that plays `role`; its arguments stay.
/// What such a program prints on standard error is its own, and its standard output is a terminal,
/// so that a line arrives as it is printed.
Scene graded_scene(Scene scene, const std::string& role, const std::string& command);

}  // namespace harness
