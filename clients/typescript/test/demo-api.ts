// What a generated module looks like, written by hand for the demo.

import type * as sockful from "../sockful.js";

/** A beast that can be fed. */
export interface Creature {
  id: string;
  kind: string;
  life: number;
}

/** What `create` takes of a `creature`. */
export interface NewCreature {
  id?: string;
  kind?: string;
  life?: number;
}

/** What `update` takes of a `creature`, beside its id. */
export interface CreaturePatch {
  kind?: string;
  life?: number;
}

/** The declared events of a `creature`, each with its data. */
export interface CreatureEvents {}

/** What `$with` includes in a `creature`. */
export interface CreatureRelations {}

/** Somebody. */
export interface User {
  id: string;
  name: string;
  /** Set by the server alone. */
  readonly is_admin: boolean;
}

/** What `create` takes of a `user`. */
export interface NewUser {
  id?: string;
  name: string;
}

/** What `update` takes of a `user`, beside its id. */
export interface UserPatch {
  name?: string;
}

/** The declared events of a `user`, each with its data. */
export interface UserEvents {}

/** What `$with` includes in a `user`. */
export interface UserRelations {}

/** A record in the old sense. */
export interface Album {
  id: string;
  title: string;
  year: number | null;
}

/** What `create` takes of an `album`. */
export interface NewAlbum {
  id?: string;
  title: string;
  year?: number | null;
}

/** What `update` takes of an `album`, beside its id. */
export interface AlbumPatch {
  title?: string;
  year?: number | null;
}

/** The declared events of an `album`, each with its data. */
export interface AlbumEvents {}

/** What `$with` includes in an `album`. */
export interface AlbumRelations {
  songs: sockful.Many<Song, SongRelations>;
}

/** One track of an album. */
export interface Song {
  id: string;
  album_id: string;
  title: string;
  playing: boolean;
}

/** What `create` takes of a `song`. */
export interface NewSong {
  id?: string;
  album_id: string;
  title: string;
  playing?: boolean;
}

/** What `update` takes of a `song`, beside its id. */
export interface SongPatch {
  album_id?: string;
  title?: string;
  playing?: boolean;
}

/** The declared events of a `song`, each with its data. */
export interface SongEvents {}

/** What `$with` includes in a `song`. */
export interface SongRelations {
  album: sockful.Parent<Album, AlbumRelations>;
}

/** Everything that is served. */
export interface Api {
  /** A beast that can be fed. */
  creature: sockful.Resource<"id", Creature, NewCreature, CreaturePatch, CreatureEvents, CreatureRelations> & {
    /** Feeds the creature. */
    feed(payload: { id: string; amount?: number }, options?: sockful.Options): Promise<string>;
    /** Says what the creature looks like from a safe distance. */
    describe(payload: { id: string }, options?: sockful.Options): Promise<string>;
  };
  /** Somebody. */
  user: sockful.Resource<"id", User, NewUser, UserPatch, UserEvents, UserRelations>;
  /** A record in the old sense. */
  album: sockful.Resource<"id", Album, NewAlbum, AlbumPatch, AlbumEvents, AlbumRelations> & {
    /** Stores a new `song` of one parent. */
    createSong: sockful.Write<{ album_id: string } & NewSong, Song>;
    /** Lists the `songs` of one parent that meet the conditions. */
    songs: sockful.List<Song, { album_id: string }, SongRelations>;
    /** Reads a `song`, if it is of this parent. */
    getSong: sockful.One<Song, { album_id: string; id: string }, SongRelations>;
    /** Changes what is given of a `song`, if it is of this parent. */
    updateSong: sockful.Write<{ album_id: string; id: string } & SongPatch, Song>;
    /** Removes a `song`, if it is of this parent, and returns it as it was. */
    destroySong: sockful.Write<{ album_id: string; id: string }, Song>;
    /** Lists the `songs` of one parent, and tells every change of them. */
    subscribeSongs: sockful.Subscribe<Song, SongEvents, string, { album_id: string }>;
  };
  /** One track of an album. */
  song: sockful.Resource<"id", Song, NewSong, SongPatch, SongEvents, SongRelations> & {
    /** Lists the `songs` of one parent that meet the conditions. */
    byAlbum: sockful.List<Song, { album_id: string }, SongRelations>;
    /** Reads the parent of a `song`. */
    album: sockful.One<Album, { id: string }, AlbumRelations>;
  };
}

/** What `connect` takes as `api`. */
export const api: sockful.Described<Api> = {
  schema: "0000000000000000",
  wide: {},
  of: {
    album: {
      createSong: "song",
      songs: "song",
      getSong: "song",
      updateSong: "song",
      destroySong: "song",
      subscribeSongs: "song",
    },
    song: { byAlbum: "song", album: "album" },
  },
  with: { album: { songs: "song" }, song: { album: "album" } },
  description: {},
};
