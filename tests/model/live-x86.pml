/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * live-x86.pml - rtld/platform/live-x86.c, all interleavings
 *
 * What is modelled.  One CPU makes transactions, one after the other: a value is
 * bound, another one, and then all is unbound.  Two sites, and room for one
 * patch: so each transaction has two batches, which use the same patch.  Each
 * other CPU runs the sites, and so do NMIs on it, which come between any two
 * steps, also in the breakpoint's handler.  A site is its first byte and a tail.
 * A CPU fetches either at any time, and keeps it until it executes it or
 * serialises; neither interrupt, NMI nor breakpoint serialises by coming; IRET
 * does.  sync()'s interrupt is answered as late as it may be, never in a handler,
 * and sync() waits for it.  Between the sites stands a breakpoint that somebody
 * else has set.
 *
 * What is not.  What interrupts run on the CPU that writes is what another CPU
 * runs that answers at once.  Memory is sequentially consistent.  The generation
 * does not come round.  A patch has one word of linked bytes, the binary search
 * of one patch is one comparison, and poke() is a store.  What an emulated
 * instruction does is tests/oracle's.
 *
 * What must hold: the asserts; the last process; and there is no state without
 * a way out but that in which all has been written.
 *
 * One step here is one access that other CPUs can see.  The names are those of
 * live-x86.c.  MODEL_BROKEN chooses a mistake that must be found; model.sh says
 * which.
 */
#define CONTEXTS	4	/* two on a CPU: code, and its NMIs */
#define CPU_OF(context)	(context / 2)
#define IS_NMI(context)	(context % 2)
#define SITES	2
#define FOREIGN	2		/* somebody else's breakpoint */

/* First bytes and tails: of the linked encoding, or of the one for version 1
 * or 2. */
#define LINKED	0
#define INT3	3
#define NONE	4		/* nothing fetched */
#define NOTHING	3		/* no address, no linked bytes */

c_decl {
	static unsigned long linked_run, bound_run, emulated, retried, foreign,
		answered;

	static void say(void)
	{
		printf("reached: linked %lu bound %lu emulated %lu retried %lu "
		       "foreign %lu answered %lu\n", linked_run, bound_run,
		       emulated, retried, foreign, answered);
	}
}
#define HAPPENED(what)	c_code { what++; }

byte others;			/* CPUs beside the one that writes */
byte broken;
bool anywhere;			/* sync() is answered in handlers too */
byte nmis;			/* CPUs on which NMIs come */

byte memory;			/* the marked object: a version */
byte oldest;			/* the version that may still be seen */
byte first[SITES + 1], tail[SITES + 1];

/* struct rtld_live, with its only patch */
byte generation;
byte address = NOTHING, linked = NOTHING;

/* The other CPUs. */
bool asked[2];			/* sync()'s interrupt waits */
bool in_nmi[2];
byte at[CONTEXTS];		/* the site that is run next */
byte fetched_first[CONTEXTS] = NONE;
byte fetched_tail[CONTEXTS] = NONE;
bool done;

#define FORGET(context)							\
	fetched_first[context] = NONE; fetched_tail[context] = NONE
#define SERIALISE(cpu)							\
	fetched_first[2 * (cpu)] = NONE;				\
	fetched_tail[2 * (cpu)] = NONE;					\
	fetched_first[2 * (cpu) + 1] = NONE;				\
	fetched_tail[2 * (cpu) + 1] = NONE

#define ANSWER(cpu)							\
	asked[cpu] = 0; SERIALISE(cpu); HAPPENED(answered)

/* What somebody sees: old or new; after the transaction only new. */
#define SEES(version)							\
	assert(version == oldest || version == memory)

/* One instruction: both parts are of the same encoding. */
inline execute(me)
{
	assert(fetched_first[me] == fetched_tail[me]);
	if
	:: fetched_first[me] == LINKED -> HAPPENED(linked_run)
	:: else -> SEES(fetched_first[me]); HAPPENED(bound_run)
	fi
}

/* rtld_live_trap(), a step for each of its loads.  What look_up() reads may be of
 * two batches. */
inline trap(me, was, found, is_int3)
{
	was = generation;
	if
	:: was % 2 && address == at[me] -> found = linked
	:: atomic { !(was % 2 && address == at[me]) }
	fi;
	is_int3 = first[at[me]] == INT3;
	if
	:: broken == 7 -> generation % 2 == 0	/* waits for the batch's end */
	:: broken != 7
	fi;
	if
	:: atomic { found != NOTHING && (generation == was || broken == 4) ->
		assert(found == at[me]) }
		/* rtld_emulate_(): the linked encoding reads memory, later. */
		HAPPENED(emulated)
	:: atomic { found == NOTHING && (is_int3 || broken == 6) &&
		(generation == was || broken == 5) ->
		/* another's: who else would want it? */
		assert(at[me] == FOREIGN);
		HAPPENED(foreign) }
	:: atomic { !(found != NOTHING && (generation == was || broken == 4)) &&
		!(found == NOTHING && (is_int3 || broken == 6) &&
		(generation == was || broken == 5)) ->
		HAPPENED(retried) }
	fi
}

/* A context runs one of the three places, any, as often as it likes; it may think
 * of another one as long as it has fetched nothing.  NMIs cannot nest, and
 * nothing else goes on meanwhile: so the handler is one step, unless it meets
 * a breakpoint. */
inline run_sites(me, was, found, is_int3)
{
	if
	:: atomic { fetched_first[me] == NONE && fetched_tail[me] == NONE ->
		at[me] = (at[me] + 1) % (SITES + 1) }
	:: atomic { fetched_first[me] == NONE ->
		fetched_first[me] = first[at[me]] }
	:: atomic { fetched_tail[me] == NONE && at[me] != FOREIGN ->
		fetched_tail[me] = tail[at[me]] }
	:: atomic { fetched_first[me] != NONE && fetched_first[me] != INT3 &&
		fetched_tail[me] != NONE ->
		execute(me);
		if
		:: IS_NMI(me) -> SERIALISE(CPU_OF(me))
		:: else -> FORGET(me)
		fi }
	:: atomic { fetched_first[me] == INT3 ->
		FORGET(me);
		in_nmi[CPU_OF(me)] = IS_NMI(me) }
		trap(me, was, found, is_int3);
		/* IRET, and of the NMI too */
		atomic { was = 0; found = NOTHING; is_int3 = 0;
			in_nmi[CPU_OF(me)] = 0; SERIALISE(CPU_OF(me)) }
	fi
}

/* Code on a CPU, and how it answers sync(). */
proctype code(byte me) provided (!in_nmi[CPU_OF(me)])
{
	byte was, found = NOTHING;
	bool is_int3;

	do
	:: run_sites(me, was, found, is_int3)
	:: atomic { asked[CPU_OF(me)] -> ANSWER(CPU_OF(me)) }
	:: done -> break
	od
}

/* Or it answers anywhere, in a handler too. */
proctype answers(byte cpu)
{
	do
	:: atomic { asked[cpu] -> ANSWER(cpu) }
	:: done -> break
	od
}

/* Its NMIs. */
proctype nmi(byte me)
{
	byte was, found = NOTHING;
	bool is_int3;

	do
	:: run_sites(me, was, found, is_int3)
	:: done -> break
	od
}

/* ---- the CPU that writes ----------------------------------------------------- */

inline sync()
{
	atomic { asked[0] = 1; asked[1] = others > 1 }
	if
	:: !asked[0] && !asked[1]
	:: broken == 8			/* does not wait for the answers */
	fi
}

/* step(): 1 the breakpoint, 2 the tail, 3 the first byte; each with a sync(). */
inline flush(site, next)
{
	/* sort(), which stores the patch; generation is even */
	address = site;
	linked = site;
	generation++;
	if
	:: broken == 3 -> tail[site] = next	/* no breakpoint before it */
	:: broken != 3
	fi;
	first[site] = INT3;
	if
	:: broken == 1
	:: broken != 1 -> sync()
	fi;
	tail[site] = next;
	if
	:: broken == 2
	:: broken != 2 -> sync()
	fi;
	if
	:: broken == 9 -> generation++	/* the batch is gone too early */
	:: broken != 9
	fi;
	first[site] = next;
	if
	:: broken == 11
	:: broken != 11 -> sync()
	fi;
	if
	:: broken == 9
	:: broken != 9 -> generation++
	fi
}

/* rtld_switch() or rtld_unbind() with room for one patch. */
inline transaction(version, next)
{
	if
	:: broken == 10			/* change() comes last */
	:: broken != 10 -> memory = version
	fi;
	flush(0, next);
	flush(1, next);
	/* It returns.  From now on all see only new. */
	atomic { memory = version; oldest = version }
}

proctype writer()
{
	transaction(1, 1);
	transaction(2, 2);
	transaction(2, LINKED);
	done = 1
}

/* All has been written, and everybody has come to an end. */
proctype last()
{
	timeout;
	assert(done && (!asked[0] && !asked[1] || broken == 8));
	assert(first[0] == LINKED && tail[0] == LINKED);
	assert(first[1] == LINKED && tail[1] == LINKED)
}

init
{
	atomic {
		c_code {
			atexit(say);
			now.others = atoi(getenv("MODEL_CPUS")) - 1;
			now.nmis = atoi(getenv("MODEL_NMIS"));
			now.anywhere = atoi(getenv("MODEL_ANYWHERE"));
			now.broken = atoi(getenv("MODEL_BROKEN"));
		};
		first[FOREIGN] = INT3;
		run writer();
		run code(0);
		if
		:: nmis > 0 -> run nmi(1)
		:: else
		fi;
		if
		:: anywhere -> run answers(0)
		:: else
		fi;
		if
		:: others > 1 -> run code(2)
		:: else
		fi;
		if
		:: others > 1 && anywhere -> run answers(1)
		:: else
		fi;
		run last()
	}
}
