# fish completion for fluffbuzz; `make completions` fills in the programs.

# @PROGRAMS@
