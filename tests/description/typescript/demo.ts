// Made by sockful from what the server serves; made anew, it is overwritten.

import type * as sockful from "sockful";

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

/** A user account. */
export interface User {
  id: string;
  name: string;
  /** Set only by the server. */
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

/** A music album. */
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

/** A song of an album. */
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
    /** Describes the creature. */
    describe(payload: { id: string }, options?: sockful.Options): Promise<string>;
    /** Feeds the creature. */
    feed(payload: { id: string; amount?: number }, options?: sockful.Options): Promise<string>;
  };
  /** A user account. */
  user: sockful.Resource<"id", User, NewUser, UserPatch, UserEvents, UserRelations>;
  /** A music album. */
  album: sockful.Resource<"id", Album, NewAlbum, AlbumPatch, AlbumEvents, AlbumRelations> & {
    /** Lists the `songs` of one parent that meet the conditions. */
    songs: sockful.List<Song, { album_id: string }, SongRelations>;
    /** Stores a new `song` of one parent. */
    createSong: sockful.Write<{ album_id: string } & NewSong, Song>;
    /** Reads a `song`, if it is of this parent. */
    getSong: sockful.One<Song, { album_id: string; id: string }, SongRelations>;
    /** Changes what is given of a `song`, if it is of this parent. */
    updateSong: sockful.Write<{ album_id: string; id: string } & SongPatch, Song>;
    /** Removes a `song`, if it is of this parent, and returns it as it was. */
    destroySong: sockful.Write<{ album_id: string; id: string }, Song>;
    /** Lists the `songs` of one parent, and tells every change of them. */
    subscribeSongs: sockful.Subscribe<Song, SongEvents, string, { album_id: string }>;
  };
  /** A song of an album. */
  song: sockful.Resource<"id", Song, NewSong, SongPatch, SongEvents, SongRelations> & {
    /** Reads the parent of a `song`. */
    album: sockful.One<Album, { id: string }, AlbumRelations>;
    /** Lists the `songs` of one parent that meet the conditions. */
    byAlbum: sockful.List<Song, { album_id: string }, SongRelations>;
  };
}

/** What `connect` takes as `api`. */
export const api: sockful.Described<Api> = {
  schema: "ed61174db51b5337e911d25d5266fca5",
  wide: {},
  of: {album:{createSong:"song",destroySong:"song",getSong:"song",songs:"song",subscribeSongs:"song",updateSong:"song"},song:{album:"album",byAlbum:"song"}},
  reads: ["album songs","album getSong","song album","song byAlbum"],
  with: {album:{songs:"song"},song:{album:"album"}},
  description: {$defs:{},resources:{album:{actions:{all:{},count:{},create:{payload:{additionalProperties:false,properties:{id:{type:"string"},title:{type:"string"},year:{format:"uint16",maximum:65535,minimum:0,type:["integer","null"]}},required:["title"],type:"object"}},createSong:{payload:{allOf:[{$ref:"#/resources/song/actions/create/payload"},{additionalProperties:true,properties:{album_id:{type:"string"}},required:["album_id"],type:"object"}]},result:{$ref:"#/resources/song/record"}},destroy:{},destroySong:{payload:{additionalProperties:false,properties:{album_id:{type:"string"},id:{type:"string"}},required:["album_id","id"],type:"object"},result:{$ref:"#/resources/song/record"}},find:{},get:{},getSong:{payload:{additionalProperties:false,properties:{$select:{items:{type:"string"},type:"array"},$with:{items:{type:"string"},type:"array"},album_id:{type:"string"},id:{type:"string"}},required:["album_id","id"],type:"object"},result:{$ref:"#/resources/song/record"}},save:{},songs:{payload:{additionalProperties:true,properties:{album_id:{type:"string"}},required:["album_id"],type:"object"},result:{items:{$ref:"#/resources/song/record"},type:"array"}},subscribe:{},subscribeSongs:{payload:{additionalProperties:true,properties:{album_id:{type:"string"}},required:["album_id"],type:"object"},result:{$ref:"#/resources/song/actions/subscribe/result"}},unsubscribe:{},update:{payload:{additionalProperties:false,properties:{id:{type:"string"},title:{type:"string"},year:{format:"uint16",maximum:65535,minimum:0,type:["integer","null"]}},required:["id"],type:"object"}},updateSong:{payload:{additionalProperties:false,properties:{album_id:{type:"string"},id:{type:"string"},playing:{type:"boolean"},title:{type:"string"}},required:["id","album_id"],type:"object"},result:{$ref:"#/resources/song/record"}}},events:{},record:{additionalProperties:false,properties:{id:{type:"string"},title:{type:"string"},year:{format:"uint16",maximum:65535,minimum:0,type:["integer","null"]}},required:["id","title","year"],type:"object"}},creature:{actions:{all:{},count:{},create:{payload:{additionalProperties:false,properties:{id:{type:"string"},kind:{default:"dragon",type:"string"},life:{default:10,format:"int32",maximum:2147483647,minimum:-2147483648,type:"integer"}},required:[],type:"object"}},describe:{payload:{additionalProperties:false,properties:{id:{type:"string"}},required:["id"],type:"object"},result:{type:"string"}},destroy:{},feed:{payload:{additionalProperties:false,properties:{amount:{default:1,format:"int32",maximum:2147483647,minimum:-2147483648,type:"integer"},id:{type:"string"}},required:["id"],type:"object"},result:{type:"string"}},find:{},get:{},save:{},subscribe:{},unsubscribe:{},update:{payload:{additionalProperties:false,properties:{id:{type:"string"},kind:{type:"string"},life:{format:"int32",maximum:2147483647,minimum:-2147483648,type:"integer"}},required:["id"],type:"object"}}},events:{},record:{additionalProperties:false,properties:{id:{type:"string"},kind:{default:"dragon",type:"string"},life:{default:10,format:"int32",maximum:2147483647,minimum:-2147483648,type:"integer"}},required:["id","kind","life"],type:"object"}},song:{actions:{album:{payload:{additionalProperties:false,properties:{$select:{items:{type:"string"},type:"array"},$with:{items:{type:"string"},type:"array"},id:{type:"string"}},required:["id"],type:"object"},result:{$ref:"#/resources/album/record"}},all:{},byAlbum:{payload:{additionalProperties:true,properties:{album_id:{type:"string"}},required:["album_id"],type:"object"},result:{items:{$ref:"#/resources/song/record"},type:"array"}},count:{},create:{payload:{additionalProperties:false,properties:{album_id:{type:"string"},id:{type:"string"},playing:{default:false,type:"boolean"},title:{type:"string"}},required:["album_id","title"],type:"object"}},destroy:{},find:{},get:{},save:{},subscribe:{},unsubscribe:{},update:{payload:{additionalProperties:false,properties:{album_id:{type:"string"},id:{type:"string"},playing:{type:"boolean"},title:{type:"string"}},required:["id"],type:"object"}}},events:{},record:{additionalProperties:false,properties:{album_id:{type:"string"},id:{type:"string"},playing:{default:false,type:"boolean"},title:{type:"string"}},required:["id","album_id","title","playing"],type:"object"}},user:{actions:{all:{},count:{},create:{payload:{additionalProperties:false,properties:{id:{type:"string"},name:{type:"string"}},required:["name"],type:"object"}},destroy:{},find:{},get:{},save:{},subscribe:{},unsubscribe:{},update:{payload:{additionalProperties:false,properties:{id:{type:"string"},name:{type:"string"}},required:["id"],type:"object"}}},events:{},record:{additionalProperties:false,properties:{id:{type:"string"},is_admin:{default:false,readOnly:true,type:"boolean"},name:{type:"string"}},required:["id","name","is_admin"],type:"object"}}}},
};
