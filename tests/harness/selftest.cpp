#include "tests/harness/selftest.hpp"

#include "common/program/check.hpp"

#include <fstream>

namespace harness::selftest {

LessonFolder::LessonFolder(const std::string& toml) {
    std::string path = std::filesystem::temp_directory_path() / "lesson-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) throw shm::SystemError(errno, "mkdtemp", path);
    path_ = path;
    std::ofstream(path_ / "lesson.toml") << toml;
}

LessonFolder::~LessonFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string lesson_with(const std::string& body) {
    return "title = \"A lesson\"\ngoal = \"A goal\"\n[[scene]]\nname = \"a scene\"\nsay = "
           "\"Look\"\n" +
           body;
}

Result play(const std::string& body, Settings settings) {
    const LessonFolder folder(lesson_with(body));
    settings.programs = HARNESS_PROGRAMS;
    const Lesson lesson = load_lesson(folder.path());
    Observer nobody;
    return run_scene(lesson, lesson.scenes.at(0), settings, nobody);
}

Result play_in_own(const std::string& body) {
    return play("needs = [\"namespaces\"]\n" + body);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace harness::selftest
