// The commands of the C++ program; each returns whether it succeeded.
#pragma once

#include <string>

bool sort_lines(const std::string& input, const std::string& output);
bool walk(const std::string& directory);
bool tidy(const std::string& directory);

// Counts the words of stdin into a file, and has it end with their number.
bool count_words(const std::string& output);
