# A batch in pieces, several at a time, that goes on where it stopped:
#
#	split -l 500 -d -a 5 --additional-suffix=.in requests.jsonl sh/s
#	make -f shards.mk -j 4
#
# all.jsonl has the records.  A piece none of whose requests went well stays
# sh/N.part; fb-send --retry-failed sh/N.part, then the same make again.
DIR = sh
JOBS = 8
PIECES := $(patsubst %.in,%.out,$(wildcard $(DIR)/*.in))

all.jsonl: $(PIECES)
	cat $(sort $^) >$@.new
	mv $@.new $@

%.out: %.in
	fb-send -j $(JOBS) -q --resume $*.part $< || [ $$? -eq 1 ]
	mv $*.part $@
