/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rendezvous.pml - rtld/platform/rendezvous.c, all interleavings
 *
 * What is modelled.  CPUs, each with code that passes a site, that starts
 * transactions, and that goes to sleep in the end; NMIs at any time, whose
 * handler passes the site too; an interrupt that is answered as late as it
 * may be, also in the next transaction, or when all is over.  The site is two
 * halves.  A CPU fetches either at any time, also while it stands in a loop or
 * in a handler, and keeps it until it executes it or serialises.  Neither
 * interrupt nor NMI serialises by coming; IRET does.  A time-out may be found as
 * soon as anybody is missing; park() may fail on any CPU.
 *
 * What is not.  Memory is sequentially consistent, as rendezvous.c asks for
 * with every access of word, present and joined.  The number of a gathering does
 * not come round.  protect() and a failing send() end like a failing park().
 * inside() writes nothing, and has its own tests.
 *
 * What must hold: the asserts; the last process; and there is no state without
 * a way out but that in which all CPUs sleep.
 *
 * One step here is one access that other CPUs can see, or several of which they
 * see one.  The names are those of rendezvous.c.  MODEL_BROKEN chooses a mistake
 * that must be found; model.sh says which.
 */
#define MOST	3		/* CPUs */
#define NONE	3		/* nothing fetched; versions are 0, 1, 2 */

/* enum phase */
#define IDLE	0
#define GATHER	1
#define STOP	2
#define RELEASE	3
#define PHASES	4

/* How often what happened, outside the state: where nothing happens, nothing
 * goes wrong. */
c_decl {
	static unsigned long late, busy, timeouts, unparkable, replayed,
		switched, slept;

	static void say(void)
	{
		printf("reached: late %lu busy %lu timeouts %lu unparkable %lu "
		       "replayed %lu switched %lu slept %lu\n", late, busy,
		       timeouts, unparkable, replayed, switched, slept);
	}
}
#define HAPPENED(what)	c_code { what++; }

byte count;			/* CPUs there are */
byte broken;
byte left;			/* transactions that may still be tried */
byte refusals;			/* of park(), that may still be */

/* struct rtld_rendezvous */
byte word = PHASES + IDLE;	/* the first gathering has number 1 */
byte present;
byte joined[MOST];
bool refused[MOST];		/* cpus[].refused < 0 */

byte memory;			/* the marked object: a version */
byte first, tail;		/* the site */

/* The CPUs. */
bool sent[MOST];		/* the interrupt that send() raised waits */
bool parked[MOST];		/* NMIs are only noted */
bool noted[MOST];
byte fetched_first[MOST] = NONE;
byte fetched_tail[MOST] = NONE;
byte asleep;

/* For the asserts. */
bool stopped[MOST];		/* in stop_here() */
byte inside;			/* CPUs between begin() and end() */

#define SERIALISE(cpu)							\
	fetched_first[cpu] = NONE; fetched_tail[cpu] = NONE

#define FETCHED(cpu)							\
	(fetched_first[cpu] != NONE && fetched_tail[cpu] != NONE)

/*
 * Execute the site: as one instruction, the one that memory says.  The CPU could
 * keep the bytes and execute them again: that is as if it had executed them only
 * later, so forgetting them loses nothing.
 */
#define EXECUTE(cpu)							\
	assert(fetched_first[cpu] == fetched_tail[cpu]);		\
	assert(fetched_first[cpu] == memory);				\
	SERIALISE(cpu)

/*
 * What a CPU does of itself: fetch; and NMIs, which stop all else on this CPU, so
 * that their handler is one step.  What one CPU fetches and notes is nothing to
 * the others: so one CPU that does it, any, stands for all.
 */
proctype hardware(byte cpu)
{
end:	do
	:: atomic { fetched_first[cpu] == NONE && asleep < count ->
		fetched_first[cpu] = first }
	:: atomic { fetched_tail[cpu] == NONE && asleep < count ->
		fetched_tail[cpu] = tail }
	:: atomic { !parked[cpu] && FETCHED(cpu) -> EXECUTE(cpu) }
	:: atomic { parked[cpu] && !noted[cpu] -> noted[cpu] = 1 }
	od
}

/* ---- every other CPU: enter() and stop_here() ---------------------------- */

/* held() */
#define HELD(gathering)							\
	(word / PHASES == gathering &&					\
	 (word % PHASES == GATHER || word % PHASES == STOP))

/* park(kernel, 0): the usual handlers are back; what was noted is done. */
inline unpark(cpu)
{
	if
	:: atomic { !noted[cpu] -> parked[cpu] = 0 }
	:: atomic { noted[cpu] -> parked[cpu] = 0; noted[cpu] = 0;
		HAPPENED(replayed) }
		atomic { FETCHED(cpu) -> EXECUTE(cpu) }
	fi
}

inline stop_here(cpu, gathering)
{
	atomic {
		stopped[cpu] = 1;
		refused[cpu] = 0;
		if	/* park(kernel, 1) */
		:: broken != 1 && broken != 2 -> parked[cpu] = 1
		:: broken == 1 || broken == 2		/* not, or not yet */
		:: refusals > 0 -> refusals--; refused[cpu] = 1;
			HAPPENED(unparkable)
		fi
	}
	joined[cpu] = gathering;
	if
	:: atomic { broken == 2 -> parked[cpu] = 1 }
	:: atomic { broken != 2 && !HELD(gathering) }
	fi;
	!HELD(gathering);
	if	/* rtld_serialise_() */
	:: broken == 3
	:: atomic { broken != 3 -> SERIALISE(cpu) }
	fi;
	if
	:: parked[cpu] -> unpark(cpu)
	:: !parked[cpu]
	fi;
	stopped[cpu] = 0
}

inline enter(cpu, seen)
{
	if
	:: atomic { broken != 4 -> present++ } seen = word
	:: atomic { broken == 4 -> seen = word } present++	/* wrong order */
	fi;
	if
	:: seen % PHASES == GATHER || seen % PHASES == STOP ->
		seen = seen / PHASES;
		stop_here(cpu, seen);
		seen = 0
	:: seen % PHASES == IDLE || seen % PHASES == RELEASE ->
		HAPPENED(late)
	fi;
	/* rtld_serialise_(), and the interrupt's IRET.  Mistake 11: who comes
	 * late is not counted out. */
	atomic {
		if
		:: broken == 11 && seen % PHASES == RELEASE
		:: else -> present--
		fi;
		seen = 0;
		SERIALISE(cpu)
	}
}

/* ---- the initiator -------------------------------------------------------- */

/* absent() says no.  Mistake 5: an entry says that its CPU came, but not to
 * which gathering. */
#define CAME(cpu)							\
	(joined[cpu] == word / PHASES || (broken == 5 && joined[cpu]))

#define UNPARKED(cpu)	(refused[cpu] && joined[cpu] == word / PHASES)

/* Each CPU in turn is waited for, until it has come or the time is over. */
inline gather(cpu, other, ok)
{
	atomic {		/* send(): others see it when they look */
		sent[0] = cpu != 0;
		sent[1] = cpu != 1;
		sent[2] = cpu != 2 && count > 2;
		other = 0
	}
	do
	:: atomic { other < count && (other == cpu || CAME(other)) -> other++ }
	:: atomic { other < count && other != cpu && !CAME(other) ->
		ok = broken == 6;	/* mistake 6: goes on without it */
		HAPPENED(timeouts); break }
	:: atomic { other == count ->
		ok = !(UNPARKED(0) || UNPARKED(1) || UNPARKED(2)); break }
	od
}

inline release(cpu)
{
	word = word / PHASES * PHASES + RELEASE;
	if
	:: broken == 3
	:: atomic { broken != 3 -> SERIALISE(cpu) }
	fi
}

inline leave()
{
	present == 0 || broken == 7;	/* mistake 7: does not wait */
	/* Nobody is in stop_here(): the caller may free r. */
	atomic {
		assert(!stopped[0] && !stopped[1] && !stopped[2]);
		inside--;
		word = (word / PHASES + 1) * PHASES + IDLE
	}
}

/* bind.c transact(): change(), then the site. */
inline write_all(seen)
{
	memory = (seen + 1) % 3;
	first = memory;
	tail = memory
}

/* From the word that begin() has read, to the end of end(). */
inline transaction(cpu, seen, ok)
{
	atomic { inside++; assert(inside == 1) }
	gather(cpu, seen, ok);
	seen = memory;
	if
	:: ok ->
		word = word - GATHER + STOP;
		if	/* take_over() */
		:: atomic { broken != 1 -> parked[cpu] = 1 }
		:: broken == 1
		:: atomic { refusals > 0 -> refusals--; ok = 0;
			HAPPENED(unparkable) }
		fi
	:: !ok
	fi;
	if
	:: ok ->
		/* Every other CPU stands. */
		assert(cpu == 0 || stopped[0]);
		assert(cpu == 1 || stopped[1]);
		assert(cpu == 2 || count < 3 || stopped[2]);
		if
		:: broken == 8 -> release(cpu); write_all(seen)
		:: broken != 8 -> write_all(seen); release(cpu)
		fi;
		HAPPENED(switched);
		unpark(cpu)
	:: !ok ->
		/* Refused: nothing has changed. */
		assert(memory == seen && first == seen && tail == seen);
		if
		:: broken == 10		/* mistake 10: forgets the others */
		:: broken != 10 -> release(cpu)
		fi
	fi;
	seen = 0;
	ok = 0;
	leave()
}

/* begin(): interrupts off, and one initiator only.  Mistake 9: a load and a
 * store for the compare-exchange. */
inline initiate(cpu, seen, ok)
{
	seen = word;
	atomic {
		if
		:: seen % PHASES == IDLE && (word == seen || broken == 9) ->
			word = seen + GATHER;
			ok = 1
		:: else -> HAPPENED(busy)
		fi;
		seen = 0
	}
	if
	:: ok -> transaction(cpu, seen, ok)
	:: !ok
	fi
}

/* ---- a CPU ------------------------------------------------------------------ */

/* The interrupt comes between any two things; that it is answered late needs no
 * flag: any step may be late. */
proctype cpu(byte me)
{
	byte seen;
	bool ok;

	do
	:: atomic { sent[me] -> sent[me] = 0 } enter(me, seen)
	:: atomic { FETCHED(me) -> EXECUTE(me) }
	:: atomic { left > 0 -> left-- } initiate(me, seen, ok)
	:: atomic { left == 0 && !sent[me] -> asleep++; HAPPENED(slept); break }
	od;
	/* Nothing to do any more but to come when called. */
end:	do
	:: atomic { sent[me] -> sent[me] = 0; asleep-- }
		enter(me, seen);
		asleep++
	od
}

/* When nothing can happen any more: all have left, nothing is in doubt. */
proctype last()
{
end:	timeout;
	assert(asleep == count && present == 0 && inside == 0);
	assert(word % PHASES == IDLE && left == 0);
	assert(first == memory && tail == memory);
	assert(!parked[0] && !parked[1] && !parked[2]);
	assert(!noted[0] && !noted[1] && !noted[2]);
	assert(!sent[0] && !sent[1] && !sent[2])
}

init
{
	atomic {
		c_code {
			atexit(say);
			now.count = atoi(getenv("MODEL_CPUS"));
			now.broken = atoi(getenv("MODEL_BROKEN"));
			now.left = atoi(getenv("MODEL_TRANSACTIONS"));
			now.refusals = atoi(getenv("MODEL_REFUSALS"));
		};
		run cpu(0);
		run cpu(1);
		if
		:: count > 2 -> run cpu(2)
		:: else
		fi;
		if
		:: run hardware(0)
		:: run hardware(1)
		:: count > 2 -> run hardware(2)
		fi;
		run last()
	}
}
