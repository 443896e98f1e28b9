#compdef @NAMES@
# zsh completion for fluffbuzz; `make completions` fills in the programs.

case $service in
# @PROGRAMS@
esac
