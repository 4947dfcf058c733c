# What a newcomer types. The build itself is Meson's; these are the few commands around it.

BUILD  ?= build
PREFIX ?= /usr/local
# EXAMPLE names one; an example that is made for one database says which.
EXAMPLES ?= $(or $(EXAMPLE),flights shop)
DATABASE ?= $(or $(shell cat examples/$(EXAMPLE)/database 2>/dev/null),sqlite)
# Functions across files are optimised together: some 7 % less time. false where the linker cannot.
LTO ?= true
MESON   = meson
TRUEUP  = $(abspath $(BUILD))/trueup

.PHONY: all program demo check bench soak fuzz coverage install deb clean help
.DEFAULT_GOAL := all

## make            builds build/trueup
all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

# The tests take longer to build than the program: who only uses it need not wait for them.
program: $(BUILD)/build.ninja
	ninja -C $(BUILD) trueup

$(BUILD)/build.ninja:
	$(MESON) setup --buildtype=release -Db_lto=$(LTO) --prefix=$(PREFIX) $(BUILD)

## make demo       installs what is missing, builds, and shows how `trueup run` keeps live flights, then a
##                 joined source, summarised; DATABASE=postgresql or mariadb: on a server of its own;
##                 EXAMPLE=lab-operations, gaq-summaries or dashboard-metrics: a whole system
demo:
	tools/install-deps --$(DATABASE)
	$(MAKE) --no-print-directory program
	for example in $(EXAMPLES); do \
	    TRUEUP=$(TRUEUP) DATABASE=$(DATABASE) examples/$$example/demo || exit 1; done

## make check      installs what tests need, builds, runs every test
check:
	tools/install-deps --test
	tests/run

## make bench      the ratios against hand-written SQL: three million flights on SQLite, ten million
##                 rows on PostgreSQL and MariaDB servers of its own (some hours); the daemon's latency,
##                 idle cost and throughput
bench:
	tools/install-deps --test
	$(MAKE) --no-print-directory all
	TRUEUP=$(TRUEUP) BENCH_DIR=$(abspath $(BUILD))/bench bench/run
	TRUEUP=$(TRUEUP) BENCH_DIR=$(abspath $(BUILD))/bench bench/servers
	TRUEUP=$(TRUEUP) BENCH_DIR=$(abspath $(BUILD))/bench bench/daemon
	TRUEUP=$(TRUEUP) BENCH_DIR=$(abspath $(BUILD))/bench bench/gaq
	TRUEUP=$(TRUEUP) BENCH_DIR=$(abspath $(BUILD))/bench bench/lab
	TRUEUP=$(TRUEUP) BENCH_DIR=$(abspath $(BUILD))/bench bench/dashboard

## make soak       the long random histories and the long chaos: an hour each (SOAK_SECONDS); then the
##                 laboratory's bench with 1,000 labs
soak:
	tools/install-deps --test
	tests/run --soak
	$(MAKE) --no-print-directory all
	TRUEUP=$(TRUEUP) BENCH_DIR=$(abspath $(BUILD))/bench bench/lab --soak

## make fuzz       the fuzzers, for a while
fuzz:
	tools/install-deps --test
	tests/run --fuzz

## make coverage   the lines of src/ that tests run, by directory and file (more than half an hour)
coverage:
	tools/install-deps --test
	tests/run --coverage

## make install    installs the program, its manual pages, completions and units of systemd under PREFIX
##                 (default /usr/local); DESTDIR=... puts it there for packaging
install: all
	$(MESON) configure -Dprefix=$(PREFIX) $(BUILD)
	$(MESON) install -C $(BUILD)

## make deb        makes a Debian package, build-deb/trueup_*.deb
deb:
	tools/install-deps --package
	tools/make-deb

## make clean      removes the build directory, and what the bench fetched
clean:
	rm -rf $(BUILD) bench/node_modules

help:
	@sed -n 's/^## //p' Makefile
