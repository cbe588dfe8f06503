// What is left of a program's count when it does nothing: the start of its library, and of the engine.
#include <stdio.h>

int main(void) { printf("%u\n", 0u); }
