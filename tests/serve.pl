# serve.pl DIR - a server that sends exactly the bytes it is told to, for what
# no well-behaved server (and not fb-mock) would send.
#
# It listens on 127.0.0.1, prints the port, and answers one connection after
# the other.  A request for /NAME/... gets the bytes of the file DIR/NAME and
# then the connection is closed; with DIR/NAME.hang it is held open until the
# client closes it.  DIR/NAME.slow sends a byte a write.  What came is kept,
# byte for byte, in DIR/NAME.got (of the last request) and appended to DIR/all.
# DIR/any answers what is no HTTP request, or names no file.
#
# serve.pl --full - prints the port of a listener that takes no connection: its
# queue is full, so that connecting to it neither works nor fails.
#
# Ends by a signal, or after 300 s.
use strict;
use warnings;
use IO::Socket::INET;

my $dir = $ARGV[0] or die "usage: serve.pl DIR|--full\n";
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20)
	or die "serve.pl: $@\n";
$SIG{PIPE} = 'IGNORE';
alarm 300;
$| = 1;

if ($dir eq '--full') {
	my $full = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "serve.pl: $@\n";
	my @waiting = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
		PeerPort => $full->sockport, Blocking => 0) } 1 .. 8;
	print $full->sockport, "\n";
	sleep 1 while 1;
}

print $listener->sockport, "\n";

sub slurp {
	open my $f, '<', $_[0] or return undef;
	local $/;
	return scalar <$f>;
}

sub keep {
	my ($mode, $name, $bytes) = @_;
	open my $f, $mode, "$dir/$name" or die "serve.pl: $name: $!\n";
	print $f $bytes;
	close $f or die "serve.pl: $name: $!\n";
}

# A whole request, or what came until the client closed its end or no more
# can be expected.
sub receive {
	my ($client) = @_;
	my $got = '';
	while (1) {
		last if $got =~ /\r\n\r\n/ && length($got) >= $+[0] +
			($got =~ /^content-length: *(\d+)/mi ? $1 : 0);
		last if $got ne '' && $got !~ /^(GET|POST|[A-Z]{1,4}$)/;
		sysread $client, $got, 65536, length $got or last;
	}
	return $got;
}

while (1) {
	my $client = $listener->accept or next;
	my $got = receive($client);
	my ($name) = $got =~ m{^[A-Z]+ /([A-Za-z0-9_-]+)};
	$name = 'any' if !defined $name || !-e "$dir/$name";
	keep '>', "$name.got", $got;
	keep '>>', 'all', $got;
	my $reply = slurp("$dir/$name");
	$reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" if !defined $reply;
	if (-e "$dir/$name.slow") {
		$client->setsockopt(Socket::IPPROTO_TCP(), Socket::TCP_NODELAY(), 1);
		syswrite $client, $_ for split //, $reply;
	} else {
		while (length $reply) {
			my $n = syswrite $client, $reply or last;
			substr $reply, 0, $n, '';
		}
	}
	if (-e "$dir/$name.hang") {
		my $rest = '';
		1 while sysread $client, $rest, 4096;
	}
	# Without a reset: what the client sent is read, then it is told the end.
	shutdown $client, 1;
	close $client;
}
