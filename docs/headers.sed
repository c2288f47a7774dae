# What Doxygen reads of a header: without the markers of snippets, which it takes for comments of what follows; and with
# abbreviations that do not end the first sentence.
/^ *\/\/! \[.*\]$/s/.*//
s/\b(e\.g|i\.e|cf|vs)\. /\1.\\ /g
s/\b(e\.g|i\.e|cf|vs)\.$/\1.\\ /
# What is protected is for classes of the library, as what is private.
/^protected:$/,/^};$/{
    s/^protected:$/\/** @cond *\/ protected:/
    s/^};$/\/** @endcond *\/ };/
}
