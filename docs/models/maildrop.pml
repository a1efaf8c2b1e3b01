/*
 * Lease x fence x delete: who may delete from a maildrop, whatever fails. docs/models/README.md says it in words.
 *
 * Redis holds a lease per view and may lose any of them at any time. Postgres holds the messages and the fence; it may
 * crash, or fail over to a synchronous standby, losing what was committed asynchronously since the last flush. A session
 * may stop for any length of time at any step, and may die there. Each `atomic` or `d_step` is one Redis script or one
 * Postgres transaction; between them anything may happen.
 *
 * Mutations (-D...): each takes one safeguard away, and `npm run model` expects spin to find the harm.
 */
#ifndef SESSIONS
#define SESSIONS 3
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef LEASE_LOSSES
#define LEASE_LOSSES 2
#endif

/* Views are sets of messages: message 1 has local part A, message 2 has local part B. */
#define A 1
#define B 2
#define WHOLE 3
#define NOBODY 255
#define OVERLAP(v, w) ((v & w) != 0)

/* Postgres: what is committed, and what of it is on disk (and on the synchronous standby). */
typedef Server {
  byte messages;      /* set of the messages that are there */
  byte epoch;         /* opens of the whole */
  byte viewOpens;     /* opens of any local part */
  byte viewEpoch[3];  /* opens of local part A and of B */
};
Server committed, flushed;
byte identity = 1;    /* grows with each restart and failover */

/* Redis: who holds the lease of a view. */
byte lease[4] = NOBODY;

/* Ghosts: what really happened, for the invariants. */
byte delivered;                 /* messages that were ever there */
byte acknowledged;              /* deleted by a QUIT that was answered +OK */
byte removed;                   /* deleted by a commit, whatever the client heard */
byte retired;                   /* removed by retention */
bool hasOpened[SESSIONS];       /* between its bump and its end */
bool hasListed[SESSIONS];
bool isOvertaken[SESSIONS];     /* a session with an overlapping view opened later */
bool hasRestarted[SESSIONS];    /* Postgres restarted or failed over since it opened */
bool isInside[SESSIONS];        /* between acquire and release */
byte viewOf[SESSIONS];
byte listed[SESSIONS];
byte crashes = CRASHES, leaseLosses = LEASE_LOSSES;
byte i;

#define FAULTLESS (crashes == CRASHES && leaseLosses == LEASE_LOSSES)

inline flush() {
  flushed.messages = committed.messages;
  flushed.epoch = committed.epoch;
  flushed.viewOpens = committed.viewOpens;
  flushed.viewEpoch[A] = committed.viewEpoch[A];
  flushed.viewEpoch[B] = committed.viewEpoch[B];
}

/*
 * What a synchronous commit waits for. A standby that lags (LAGGING_STANDBY) may have it or not when it takes over: then
 * P1 and P5 are lost with it, as docs/operating says; S1 to S3 must hold all the same.
 */
inline flushSynchronously() {
#ifdef LAGGING_STANDBY
  if
  :: flush()
  :: skip
  fi
#else
  flush()
#endif
}
#ifdef LAGGING_STANDBY
#define PROMISED(claim) true
#else
#define PROMISED(claim) (claim)
#endif

/* S2: what the latest opener listed and nobody retired is there, until it deletes it itself. */
inline checkLatestOpener(deleter) {
  i = 0;
  do
  :: i < SESSIONS ->
     assert(!(i != deleter && hasListed[i] && !isOvertaken[i] && !hasRestarted[i])
            || (listed[i] & ~(committed.messages | retired)) == 0);  /* S2 */
     i++
  :: else -> break
  od;
  i = 0;
}

inline overtakeOthers(me, view) {
  i = 0;
  do
  :: i < SESSIONS ->
     if
     :: i != me && hasOpened[i] && OVERLAP(viewOf[i], view) -> isOvertaken[i] = true
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0;
}

inline acquire(me, view) {
  /* The whole excludes every view, a local part itself and the whole: one script, one key. */
  if
  :: lease[WHOLE] == NOBODY && (view == WHOLE -> (lease[A] == NOBODY && lease[B] == NOBODY) : lease[view] == NOBODY) ->
     lease[view] = me;
     isInside[me] = true;
     i = 0;
     do
     :: i < SESSIONS ->
        assert(!(FAULTLESS && i != me && isInside[i] && OVERLAP(viewOf[i], view)));  /* M */
        i++
     :: else -> break
     od;
     i = 0
  :: else -> goto done
  fi;
}

inline release(me, view) {
#ifdef PLAIN_RELEASE
  lease[view] = NOBODY;
#else
  if
  :: lease[view] == me -> lease[view] = NOBODY
  :: else
  fi;
#endif
  isInside[me] = false;
}

inline list(me, view) {
  listed[me] = committed.messages & view;
  hasListed[me] = true;
}

inline bump(me, view) {
#ifndef LATE_IDENTITY
  myIdentity = identity;
#endif
  if
  :: view == WHOLE ->
#ifndef NO_BUMP
     committed.epoch++;
#endif
  :: else ->
#ifndef NO_BUMP
     committed.viewOpens++;
     committed.viewEpoch[view]++;
#endif
     myViewEpoch = committed.viewEpoch[view]
  fi;
  myEpoch = committed.epoch;
  myViewOpens = committed.viewOpens;
  hasOpened[me] = true;
  overtakeOthers(me, view);
  /* The bump commits asynchronously: the log writer may or may not have come by when Postgres falls. */
  if
  :: flush()
  :: skip
  fi
}

#ifdef NO_IDENTITY
#define IS_SAME_SERVER true
#else
#define IS_SAME_SERVER (myIdentity == identity)
#endif
#ifdef NO_VIEW_OPENS
#define IS_VIEW_OPENS_SAME true
#else
#define IS_VIEW_OPENS_SAME (myViewOpens == committed.viewOpens)
#endif
#ifdef NO_WHOLE_EPOCH
#define IS_EPOCH_SAME(view) (view != WHOLE || myEpoch == committed.epoch)
#else
#define IS_EPOCH_SAME(view) (myEpoch == committed.epoch)
#endif
#define IS_FENCE_MINE(view) (IS_SAME_SERVER && IS_EPOCH_SAME(view) && \
  (view == WHOLE -> IS_VIEW_OPENS_SAME : myViewEpoch == committed.viewEpoch[view]))
#ifdef NO_ROW_COUNT
#define ARE_ALL_THERE true
#else
#define ARE_ALL_THERE ((marked & ~committed.messages) == 0)
#endif

proctype Session(byte me) {
  byte view, marked, myIdentity, myEpoch, myViewOpens, myViewEpoch;
  bool isEmpty, isRemoved;

  if
  :: view = WHOLE
  :: view = A
  :: view = B
  fi;
  atomic { viewOf[me] = view; acquire(me, view) }

#ifdef LIST_BEFORE_BUMP
  d_step { list(me, view) }
  atomic { bump(me, view) }
#else
  /* Postgres, open: an empty maildrop needs no bump, for nothing is listed and nothing can be deleted. */
  atomic {
    isEmpty = (committed.messages == 0);
    if
    :: isEmpty -> myIdentity = identity; myEpoch = committed.epoch; myViewOpens = committed.viewOpens;
                  myViewEpoch = committed.viewEpoch[(view == B -> B : A)]
    :: else -> bump(me, view)
    fi
  }
#ifdef SHORTCUT_LISTS_LATER
  d_step {
    if
    :: isEmpty -> hasOpened[me] = true; overtakeOthers(me, view)
    :: else
    fi;
    list(me, view)
  }
#else
  d_step {
    if
    :: !isEmpty -> list(me, view)
    :: else
    fi
  }
#endif
#endif

  /* QUIT: any set of what was listed is marked. With nothing marked, as on EOF, Postgres is not asked. */
#ifdef LATE_IDENTITY
  myIdentity = identity;
#endif
  atomic {
    if
    :: marked = listed[me] & A
    :: marked = listed[me] & B
    :: marked = listed[me]
    fi;
    if
    :: marked != 0 && IS_FENCE_MINE(view) && ARE_ALL_THERE ->
       assert(!isOvertaken[me]);                     /* S1 */
       assert(!hasRestarted[me]);                    /* S1 */
       assert((marked & ~committed.messages) == 0);  /* S3 */
       isRemoved = true;
       removed = removed | marked;
       listed[me] = listed[me] & ~marked;
#ifdef SPLIT_DELETE
       committed.messages = committed.messages & ~(marked & A);
#else
       committed.messages = committed.messages & ~marked;
#endif
#ifndef ASYNC_DELETE
       flushSynchronously();
#endif
       checkLatestOpener(me)
    :: else -> skip                                  /* -ERR [SYS/TEMP], nothing deleted */
    fi
  }
#ifdef SPLIT_DELETE
  if
  :: isRemoved && myIdentity == identity -> d_step { committed.messages = committed.messages & ~marked; flush() }
  :: else
  fi;
#endif
  /* The answer may be lost. Heard or not, the client must find that all of it is deleted, or nothing. */
  d_step {
    if
    :: isRemoved ->
       assert(PROMISED((committed.messages & marked) == 0 || (committed.messages & marked) == marked));
       acknowledged = acknowledged | marked;
       assert(PROMISED((committed.messages & acknowledged) == 0)) /* P1 */
    :: else
    fi
  }
  /* It may also die here, or anywhere before, and never release. */
  if
  :: atomic {
#ifdef PLAIN_RELEASE
       assert(lease[view] == me || lease[view] == NOBODY);  /* L */
#endif
       release(me, view)
     }
  :: skip
  fi;
done: skip;
  d_step {
    hasListed[me] = false;
    hasOpened[me] = false;
    isOvertaken[me] = false;
    hasRestarted[me] = false;
    viewOf[me] = 0;
    listed[me] = 0;
    marked = 0; view = 0; myIdentity = 0; myEpoch = 0; myViewOpens = 0; myViewEpoch = 0; isEmpty = false; isRemoved = false
  }
}

/* LMTP: durable before the 250. */
proctype Delivery() {
  do
  :: (delivered & A) == 0 -> atomic { delivered = delivered | A; committed.messages = committed.messages | A; flushSynchronously() }
  :: (delivered & B) == 0 -> atomic { delivered = delivered | B; committed.messages = committed.messages | B; flushSynchronously() }
  :: break
  od
}

/* Retention takes a message without opening the maildrop. */
proctype Retention() {
  d_step {
    if
    :: (committed.messages & A) != 0 -> retired = retired | A; committed.messages = committed.messages & ~A; flush()
    :: else
    fi
  }
}

proctype Faults() {
  byte view;
end:
  do
  :: d_step { crashes > 0 ->                      /* restart, or failover to the synchronous standby */
       crashes--;
       committed.messages = flushed.messages;
       committed.epoch = flushed.epoch;
       committed.viewOpens = flushed.viewOpens;
       committed.viewEpoch[A] = flushed.viewEpoch[A];
       committed.viewEpoch[B] = flushed.viewEpoch[B];
       identity++;
       assert(PROMISED((committed.messages & acknowledged) == 0));             /* P1 */
       assert(PROMISED((delivered & ~(committed.messages | removed | retired)) == 0));  /* P5 */
       i = 0;
       do
       :: i < SESSIONS -> hasRestarted[i] = (hasRestarted[i] || hasOpened[i]); i++
       :: else -> break
       od;
       i = 0
     }
  :: atomic { leaseLosses > 0 && (lease[A] != NOBODY || lease[B] != NOBODY || lease[WHOLE] != NOBODY) ->
                     /* expired under a paused holder, flushed, failed over */
       if
       :: lease[A] != NOBODY -> view = A
       :: lease[B] != NOBODY -> view = B
       :: lease[WHOLE] != NOBODY -> view = WHOLE
       fi;
       leaseLosses--;
       lease[view] = NOBODY;
       view = 0
     }
  od
}

init {
  byte n = 0;
  atomic {
    do
    :: n < SESSIONS -> hasRestarted[n] = false; run Session(n); n++
    :: else -> break
    od;
    run Delivery();
    run Retention();
    run Faults()
  }
}
