# Makes a C file of any file: cmake -DIN=file -DOUT=file.c -DNAME=symbol -P embed.cmake

file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes ${hex})
string(REPEAT "0x..," 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes ${bytes})
file(WRITE ${OUT} "/* The bytes of a file of the sources. Made by apps/embed.cmake. */

#include <stddef.h>

extern const unsigned char ${NAME}[];
extern const size_t ${NAME}_size;

const unsigned char ${NAME}[] = {
${bytes}
};
const size_t ${NAME}_size = sizeof(${NAME});
")
