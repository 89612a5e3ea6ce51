/* The commands of the C program; each returns the program's exit status. */
#ifndef PROGRAM_H
#define PROGRAM_H

int sort_lines(const char* input, const char* output);
int walk(const char* directory);
int tidy(const char* directory);
int reverse_records(const char* file);

/* Prints what failed and errno's text; returns 1. */
int complain(const char* what);

#endif
