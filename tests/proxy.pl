# proxy.pl LOG [USER:PASSWORD] - a forward proxy, for http and, with CONNECT,
# for all else.  It goes to 127.0.0.1 whatever the host is called; the port
# counts.
#
# It listens on 127.0.0.1, prints the port, and appends each head that it gets
# to LOG.  With a login it answers 407 to who has none.  A process a
# connection; ends by a signal, or after 300 s.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

my ($log, $login) = @ARGV;
my $expected = defined $login ? base64($login) : "";
die "usage: proxy.pl LOG [USER:PASSWORD]\n" if !defined $log;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20)
	or die "proxy.pl: $@\n";
$SIG{PIPE} = $SIG{CHLD} = 'IGNORE';
$| = 1;
alarm 300;
print $listener->sockport, "\n";

sub keep {
	open my $f, '>>', $log or die "proxy.pl: $log: $!\n";
	syswrite $f, $_[0];
}

sub pass {
	my ($client, $server) = @_;
	my $both = IO::Select->new($client, $server);
	while (my @ready = $both->can_read) {
		for my $from (@ready) {
			my $to = $from == $client ? $server : $client;
			my $n = sysread $from, my $bytes, 65536;
			return if !$n;
			while (length $bytes) {
				my $put = syswrite $to, $bytes or return;
				substr $bytes, 0, $put, '';
			}
		}
	}
}

# A connection: one request, or a tunnel.
sub serve {
	my ($client) = @_;
	my $got = '';
	while ($got !~ /\r\n\r\n/) {
		sysread $client, $got, 65536, length $got or return;
	}
	my ($head, $body) = split /\r\n\r\n/, $got, 2;
	keep "$head\n\n";
	if (defined $login && $head !~ /^Proxy-Authorization: Basic \Q$expected\E\r?$/mi) {
		syswrite $client, "HTTP/1.1 407 Proxy Authentication Required\r\n" .
			"Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
		return;
	}
	my ($port) = $head =~ m{^(?:CONNECT |\w+ http://)[^/ ]*:(\d+)} or return;
	my $server = IO::Socket::INET->new("127.0.0.1:$port");
	if (!$server) {
		syswrite $client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
		return;
	}
	if ($head =~ /^CONNECT /) {
		syswrite $client, "HTTP/1.1 200 Connection established\r\n\r\n";
		syswrite $server, $body if length $body;
	} else {
		$head =~ s{^(\w+) http://[^/ ]*}{$1 };
		$head =~ s/^Proxy-[^\n]*\n//gmi;
		$head =~ s/(\r\n|$)/\r\nConnection: close$1/;
		syswrite $server, "$head\r\n\r\n$body";
	}
	pass($client, $server);
}

while (1) {
	my $client = $listener->accept or next;
	my $pid = fork;
	next if $pid || !defined $pid;
	close $listener;
	alarm 60;
	serve($client);
	exit 0;
}

# perl-base has no module for it: uuencoding with another alphabet.
sub base64 {
	my ($text) = @_;
	my $code = join '', map { substr $_, 1 } split /\n/, pack 'u', $text;
	$code =~ tr{`!-_}{AB-Za-z0-9+/};
	my $fill = (3 - length($text) % 3) % 3;
	substr($code, length($code) - $fill) = '=' x $fill if $fill;
	return $code;
}
