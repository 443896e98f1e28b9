# limited.pl MOST MS [SECONDS] - a server that takes MOST requests at once: each
# is answered after MS milliseconds, and one too many gets 429 at once, with
# Retry-After: SECONDS if that is given.
#
# It listens on 127.0.0.1, prints the port, and then a line for each request:
# the time in seconds, its status, and how many are under way.
#
# Ends by a signal, or after 300 s.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes 'time';

my ($most, $ms, $after) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 200)
	or die "limited.pl: $@\n";
my $all = IO::Select->new($listener);
my (%got, %due);
$SIG{PIPE} = 'IGNORE';
alarm 300;
$| = 1;
print $listener->sockport, "\n";

sub answer {
	my ($client, $status, $head, $body) = @_;
	syswrite $client, "HTTP/1.1 $status\r\nContent-Type: application/json\r\n$head" .
		'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

# What came of a client, one whole request at a time.
sub take {
	my ($client) = @_;
	my $text = \$got{$client};
	return if $$text !~ /\r\n\r\n/;
	my $n = $+[0] + ($$text =~ /^content-length: *(\d+)/mi ? $1 : 0);
	return if length $$text < $n;
	substr $$text, 0, $n, '';
	my $under_way = keys %due;
	printf "%.3f %d %d\n", time, $under_way < $most ? 200 : 429, $under_way;
	if ($under_way < $most) {
		$due{$client} = [time + $ms / 1000, $client];
	} else {
		answer($client, '429 Too Many Requests', defined $after ? "Retry-After: $after\r\n" : '',
			'{"error":{"message":"too many","type":"rate_limit"}}');
	}
}

while (1) {
	for my $client ($all->can_read(0.005)) {
		if ($client == $listener) {
			$all->add(scalar $listener->accept);
			next;
		}
		if (sysread $client, my $piece, 65536) {
			$got{$client} .= $piece;
			take($client);
		} else {
			delete $got{$client};
			delete $due{$client};
			$all->remove($client);
			close $client;
		}
	}
	for my $key (grep { $due{$_}[0] <= time } keys %due) {
		my $client = $due{$key}[1];
		delete $due{$key};
		answer($client, '200 OK', '', '{"choices":[{"index":0,"message":{"role":"assistant","content":"x"},' .
			'"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":5,"total_tokens":10}}');
	}
}
